-- The sessions that begin on a period's local days. Shifts begin and end by the clock
-- on the wall, so a night over a change of the clocks is an hour shorter or longer;
-- breaks are counted from the shift's beginning. At most one punch of a shift is
-- missing, and never a first check-in on a first day in a branch: two neighbouring
-- ones would make one session out of two.

create or replace temp table offsets_now as
select *
from offsets
where utc_from < $until + 3 and utc_until > $since - 3;

create or replace temp table days as
select
    cast(day as date) as worked_on,
    datediff('day', date '2000-01-01', day) as day_number,
    isodow(day) <= 5
    and strftime(day, '%m-%d') not in ('01-01', '12-25', '12-26')
        as is_weekday
from generate_series(
    $since, $until - interval 1 day, interval 1 day
) as t (day);

create or replace temp table shifts as
with planned as (
    select
        spells.employment_id,
        spells.person_id,
        spells.branch,
        zones.time_zone,
        spells.from_on,
        workers.* exclude (person_id, shift),
        case
            when
                workers.shift = 'night' or turns.employment_id is null
                or part(
                    quick_chance(
                        'turn', spells.person_id, yearweek(days.worked_on)
                    ), 0
                ) >= $turn_weeks_share
                then workers.shift
            when isodow(days.worked_on) = 3 then 'late'
            when isodow(days.worked_on) = 4 then 'early'
            else workers.shift
        end as shift,
        case
            when workers.shift = 'night' or long_weeks.employment_id is null
                then 0
            else $longer_minutes
        end as longer_minutes,
        days.worked_on,
        coalesce(nights.night_on = days.worked_on, false)
        and workers.shift = 'night' as is_changing_night
    from branch_spells as spells
    inner join zones on spells.branch = zones.branch
    inner join workers on spells.person_id = workers.person_id
    inner join days
        on
            days.worked_on >= spells.from_on
            and days.worked_on < spells.until_on
    left join changing_nights as nights
        on
            zones.time_zone = nights.time_zone
            and days.worked_on = nights.night_on
    left join turns
        on
            spells.employment_id = turns.employment_id
            and days.worked_on >= turns.from_on
            and days.worked_on < turns.until_on
    left join long_weeks
        on
            spells.employment_id = long_weeks.employment_id
            and days.worked_on >= long_weeks.from_on
            and days.worked_on < long_weeks.until_on
    anti join absences
        on
            spells.employment_id = absences.employment_id
            and days.worked_on = absences.absent_on
    where
        is_changing_night
        or case
            when workers.shift = 'night'
                then (days.day_number + spells.person_id) % 7 < 5
            else days.is_weekday
        end
),

drawn as (
    select
        *,
        quick_chance('shift', person_id, worked_on) as luck,
        part(quick_chance('week', person_id, yearweek(worked_on)), 0) < 0.03
            as is_week_off
    from planned
),

worked as (
    select
        * exclude (is_week_off, is_changing_night),
        quick_chance('trouble', person_id, worked_on) as trouble
    from drawn
    where is_changing_night or (not is_week_off and part(luck, 0) >= 0.03)
),

walls as (
    select
        *,
        worked_on + to_minutes(habit_minutes + case shift
            when 'early' then 6 * 60
            when 'day' then 8 * 60
            when 'late' then 13 * 60 + 30
            else 22 * 60
        end) + to_seconds(cast(floor(part(luck, 1) * 1500) as integer) - 600)
            as wall_start,
        case
            when shift = 'night'
                then
                    worked_on + interval 30 hour + to_minutes(habit_minutes)
                    + to_seconds(cast(floor(part(luck, 2) * 1800) as integer))
            else
                wall_start + interval 8 hour + to_minutes(longer_minutes)
                + to_seconds(cast(floor(part(luck, 2) * 4500) as integer))
        end as wall_end
    from worked
)

select
    walls.*,
    walls.wall_start - to_minutes(starting.minutes) as started_at,
    walls.wall_end - to_minutes(ending.minutes) as ended_at,
    part(trouble, 0) as missing_draw,
    case
        when has_punched_break
            then
                started_at + interval 4 hour
                + to_seconds(cast(floor(part(luck, 3) * 1200) as integer))
    end as break_at,
    break_at + interval 30 minute
    + to_seconds(cast(floor(part(trouble, 1) * 1200) as integer)) as back_at
from walls
inner join offsets_now as starting
    on
        walls.time_zone = starting.time_zone
        and walls.wall_start >= starting.local_from
        and walls.wall_start < starting.local_until
inner join offsets_now as ending
    on
        walls.time_zone = ending.time_zone
        and walls.wall_end >= ending.local_from
        and walls.wall_end < ending.local_until;

-- A wrong clock is a phone's for a month; the first worker's of each branch is
-- wrong every fifth month, so that there is always one.
create or replace temp table sessions as
with clocks as (
    select
        person_id,
        month_start,
        chance('clock', person_id, month_start) as clock_luck
    from (
        select distinct
            person_id,
            cast(date_trunc('month', worked_on) as date) as month_start
        from shifts
    )
),

halves as (
    select
        shifts.*,
        clocks.clock_luck,
        1 as half,
        shifts.started_at as session_start,
        coalesce(shifts.break_at, shifts.ended_at) as session_end
    from shifts
    inner join clocks
        on
            shifts.person_id = clocks.person_id
            and date_trunc('month', shifts.worked_on) = clocks.month_start

    union all

    select
        shifts.*,
        clocks.clock_luck,
        2 as half,
        shifts.back_at as session_start,
        shifts.ended_at as session_end
    from shifts
    inner join clocks
        on
            shifts.person_id = clocks.person_id
            and date_trunc('month', shifts.worked_on) = clocks.month_start
    where shifts.break_at is not null
),

flagged as (
    select
        *,
        case half
            when 1
                then
                    missing_draw between 0.020 and 0.026
                    and worked_on > from_on
            else missing_draw between 0.030 and 0.034
        end as is_in_missing,
        case
            when half = 2 or break_at is null then missing_draw < 0.014
            else missing_draw between 0.040 and 0.044
        end as is_out_missing,
        case
            when
                (is_first and month(worked_on) % 5 = 2)
                or part(clock_luck, 0) < 0.004
                then 6 + cast(floor(part(clock_luck, 1) * 40) as integer)
            else 0
        end as clock_ahead_minutes,
        printf('%016x', trouble) || half as event_key
    from halves
)

select
    $known + row_number() over (
        order by session_start, person_id
    ) as session_id,
    person_id,
    employment_id,
    branch,
    session_start as started_at,
    session_end as ended_at,
    case when not is_in_missing then 'i' || event_key end as in_event_id,
    case when not is_out_missing then 'o' || event_key end as out_event_id,
    is_in_missing,
    is_out_missing,
    worked_on,
    case
        when not is_in_missing
            then session_start + to_minutes(clock_ahead_minutes)
    end as in_device_at,
    case
        when not is_out_missing
            then session_end + to_minutes(clock_ahead_minutes)
    end as out_device_at,
    clock_ahead_minutes,
    user_id,
    time_zone,
    case when worked_on >= next_device_on then next_device_id else device_id
    end as device_id,
    case
        when part(trouble, 2) < 0.02
            then
                ended_at
                + to_minutes(360 + cast(part(trouble, 3) * 5400 as integer))
    end as online_again_at
from flagged;
