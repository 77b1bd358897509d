with designations as (
    select * from {{ ref('stg_hr_tables__designations') }}
    where known_to = {{ never() }}
),

assignments as (
    select * from {{ ref('stg_hr_tables__assignments') }}
    where known_to = {{ never() }}
),

-- A job title that people bear is one, also where no table lists it.
unioned as (
    select
        designations.source_rank,
        designations.source_name,
        designations.designation_id,
        designations.designation_name,
        designations.exported_on
    from designations
    union all
    select distinct
        assignments.source_rank,
        assignments.source_name,
        assignments.designation_id,
        cast(null as string) as designation_name,
        cast(null as date) as exported_on
    from assignments
    where assignments.designation_id is not null
),

ranked as (
    select
        unioned.*,
        row_number() over (
            partition by unioned.source_name, unioned.designation_id
            order by
                unioned.exported_on desc nulls last,
                unioned.designation_name asc nulls last
        ) as said_rank
    from unioned
),

conformed as (
    select
        ranked.source_rank,
        ranked.source_name,
        {{ hr_tables_id('ranked.designation_id', 'ranked.source_name') }}
            as designation_id,
        coalesce(ranked.designation_name, ranked.designation_id) as designation_name
    from ranked
    where
        ranked.said_rank = 1
        {%- for system in var('hr_sources') if system != 'hr_tables' %}
        and ranked.designation_id not like '{{ system }}:%'
        {%- endfor %}
)

select * from conformed
