-- Each employment's values of one attribute, $field.
create or replace temp table spells as
with held as (
    select
        employment_id,
        person_id,
        started_on,
        least(coalesce(ended_on, $horizon), $horizon) as left_on
    from employments
),

points as (
    select
        employment_id,
        started_on as from_on,
        case $field
            when 'company' then company
            when 'department' then department
            when 'branch' then branch
            when 'designation' then designation
            when 'grade' then grade
        end as held_value,
        0 as sequence
    from employments

    union all

    select
        changes.employment_id,
        greatest(changes.effective_on, held.started_on) as from_on,
        changes.new_value as held_value,
        row_number() over (
            partition by changes.employment_id
            order by
                changes.effective_on, changes.recorded_at, changes.change_id
        ) as sequence
    from assignment_changes as changes
    inner join held on changes.employment_id = held.employment_id
    where changes.field = $field and changes.retracted_at is null
),

last_of_day as (
    select
        employment_id,
        from_on,
        arg_max(coalesce(held_value, ''), sequence) as held_value
    from points
    group by employment_id, from_on
),

bounded as (
    select
        employment_id,
        held_value,
        from_on,
        lead(from_on) over (
            partition by employment_id order by from_on
        ) as next_on
    from last_of_day
)

select
    bounded.employment_id,
    held.person_id,
    nullif(trim(bounded.held_value), '') as held_value,
    bounded.from_on,
    least(coalesce(bounded.next_on, held.left_on), held.left_on) as until_on
from bounded
inner join held on bounded.employment_id = held.employment_id
where
    bounded.from_on < least(
        coalesce(bounded.next_on, held.left_on), held.left_on
    )
order by bounded.employment_id, bounded.from_on;
