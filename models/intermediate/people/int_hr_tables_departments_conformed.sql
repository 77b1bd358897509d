with departments as (
    select * from {{ ref('stg_hr_tables__departments') }}
    where known_to = {{ never() }}
),

assignments as (
    select * from {{ ref('stg_hr_tables__assignments') }}
    where known_to = {{ never() }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

-- A department that people are in is one, also where no table lists it.
unioned as (
    select
        departments.source_rank,
        departments.source_name,
        departments.department_id,
        departments.parent_department_id,
        departments.company_id,
        departments.department_name,
        departments.exported_on
    from departments
    union all
    select distinct
        assignments.source_rank,
        assignments.source_name,
        assignments.department_id,
        cast(null as string) as parent_department_id,
        assignments.company_id,
        cast(null as string) as department_name,
        cast(null as date) as exported_on
    from assignments
    where assignments.department_id is not null
    union all
    select distinct
        departments.source_rank,
        departments.source_name,
        departments.parent_department_id as department_id,
        cast(null as string) as parent_department_id,
        departments.company_id,
        cast(null as string) as department_name,
        cast(null as date) as exported_on
    from departments
    where departments.parent_department_id is not null
),

ranked as (
    select
        unioned.source_rank,
        unioned.source_name,
        unioned.department_id,
        unioned.parent_department_id,
        unioned.department_name,
        coalesce(
            unioned.company_id,
            max(unioned.company_id) over (
                partition by unioned.source_name, unioned.department_id
            ),
            sources.company_id
        ) as company_id,
        row_number() over (
            partition by unioned.source_name, unioned.department_id
            order by
                unioned.exported_on desc nulls last,
                unioned.department_name asc nulls last,
                unioned.parent_department_id asc nulls last,
                unioned.company_id asc nulls last
        ) as said_rank
    from unioned
    inner join sources
        on unioned.source_name = sources.source_name
),

parents as (
    select distinct
        ranked.source_name,
        ranked.parent_department_id
    from ranked
    where ranked.parent_department_id is not null
),

conformed as (
    select
        ranked.source_rank,
        ranked.source_name,
        {{ hr_tables_id('ranked.department_id', 'ranked.source_name') }}
            as department_id,
        {{ hr_tables_id('ranked.parent_department_id', 'ranked.source_name') }}
            as parent_department_id,
        ranked.company_id,
        coalesce(ranked.department_name, ranked.department_id) as department_name,
        parents.parent_department_id is not null as is_group,
        false as is_disabled
    from ranked
    left join parents
        on
            ranked.source_name = parents.source_name
            and ranked.department_id = parents.parent_department_id
    where
        ranked.said_rank = 1
        {%- for system in var('hr_sources') if system != 'hr_tables' %}
        and ranked.department_id not like '{{ system }}:%'
        {%- endfor %}
)

select * from conformed
