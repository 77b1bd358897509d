with employments as (
    select * from {{ ref('int_hr_tables_employments_derived') }}
),

-- A person is one record, that of the last employment.
ranked as (
    select
        employments.*,
        row_number() over (
            partition by employments.known_at, employments.person_id
            order by employments.started_on desc nulls last
        ) as employment_rank
    from employments
),

known as (
    select
        ranked.source_rank,
        ranked.source_name,
        ranked.person_id as record_id,
        ranked.employment_id,
        ranked.person_id,
        ranked.is_now,
        ranked.known_at
    from ranked
    where ranked.employment_rank = 1
)

select * from known
