-- Two in each branch always work at night.
create table workers as
with ranked as (
    select
        employments.person_id,
        row_number() over (
            partition by employments.branch
            order by
                employments.started_on > $starts_on,
                employments.ended_on is not null,
                chance('night', employments.person_id, ''),
                employments.employment_id
        ) as branch_rank
    from employments
    inner join zones on employments.branch = zones.branch
    inner join people on employments.person_id = people.person_id
    where people.attendance_user_id is not null
),

best as (
    select
        person_id,
        min(branch_rank) as branch_rank
    from ranked
    group by person_id
),

drawn as (
    select
        people.person_id,
        people.attendance_user_id as user_id,
        coalesce(best.branch_rank, 999) as branch_rank,
        chance('worker', people.person_id, '') as luck,
        chance('habit', people.person_id, '') as habit
    from people
    left join best on people.person_id = best.person_id
    where people.attendance_user_id is not null
)

select
    person_id,
    user_id,
    case
        when branch_rank <= 2 or part(luck, 1) < 0.06 then 'night'
        when part(luck, 1) < 0.16 then 'late'
        else 'day'
    end as shift,
    branch_rank = 1 or part(luck, 2) < 0.22 as has_punched_break,
    branch_rank = 1 as is_first,
    cast(floor(part(habit, 0) * 121) as integer) - 60 as habit_minutes,
    lower(to_hex(luck & 4294967295)) as device_id,
    lower(to_hex(habit & 4294967295)) as next_device_id,
    -- One in ten changes phones, at some time.
    case
        when part(habit, 2) < 0.1
            then
                $starts_on
                + cast(part(habit, 3) * 1000 as integer)
    end as next_device_on
from drawn
where branch_rank <= 2 or part(luck, 0) < $app_share;
