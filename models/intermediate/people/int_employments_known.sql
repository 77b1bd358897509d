with linked as (
    select * from {{ ref('int_employments_linked') }}
),

-- What a system hands over to another is one employment, as the other knows it last.
ranked as (
    select
        linked.*,
        min(linked.begins_on) over (
            partition by linked.known_at, linked.same_employment_id
        ) as started_on,
        row_number() over (
            partition by linked.known_at, linked.same_employment_id
            order by linked.begins_on desc nulls last
        ) as part_rank
    from linked
),

known as (
    select
        ranked.source_name,
        ranked.same_employment_id as employment_id,
        ranked.person_id,
        ranked.employee_number,
        ranked.exit_kind,
        ranked.employment_number,
        ranked.is_now,
        ranked.born_on,
        ranked.resigned_on,
        ranked.started_on,
        ranked.ended_on,
        ranked.known_at
    from ranked
    where ranked.part_rank = 1
)

select * from known
