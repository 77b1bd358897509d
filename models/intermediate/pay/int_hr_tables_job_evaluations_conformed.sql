with exported as (
    select * from {{ ref('stg_hr_tables__job_evaluations') }}
    where known_to = {{ never() }}
),

designations as (
    select * from {{ ref('int_hr_tables_designations_conformed') }}
),

labelled as (
    select
        exported.source_rank,
        exported.source_name,
        designations.designation_name as designation,
        exported.worker_category,
        exported.requirement_level,
        exported.position_level,
        row_number() over (
            partition by lower(trim(designations.designation_name))
            order by
                exported.source_rank asc nulls last,
                exported.exported_on desc nulls last,
                exported.known_from desc nulls last,
                exported.requirement_level asc nulls last,
                exported.position_level asc nulls last,
                exported.worker_category asc nulls last
        ) as said_rank
    from exported
    inner join designations
        on
            {{ hr_tables_id('exported.designation_id', 'exported.source_name') }}
            = designations.designation_id
),

conformed as (
    select
        labelled.source_rank,
        labelled.source_name,
        labelled.designation,
        labelled.worker_category,
        labelled.requirement_level,
        labelled.position_level
    from labelled
    where labelled.said_rank = 1
)

select * from conformed
