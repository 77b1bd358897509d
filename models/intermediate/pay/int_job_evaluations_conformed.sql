with seeded as (
    select * from {{ ref('job_evaluations') }}
),

told as (
    {{ united('job_evaluations_conformed') }}
),

ranked as (
    select
        told.*,
        row_number() over (
            partition by lower(trim(told.designation))
            order by told.source_rank asc nulls last, told.designation asc nulls last
        ) as told_rank
    from told
),

-- What the company's seed says of a job comes before what an HR system says.
conformed as (
    select
        seeded.designation,
        seeded.worker_category,
        seeded.requirement_level,
        seeded.position_level
    from seeded
    union all
    select
        ranked.designation,
        ranked.worker_category,
        ranked.requirement_level,
        ranked.position_level
    from ranked
    left join seeded
        on lower(trim(ranked.designation)) = lower(trim(seeded.designation))
    where ranked.told_rank = 1 and seeded.designation is null
)

select * from conformed
