{% set weekly_limit = working_time('weekly_hours_limit') %}
{% set reference_weeks = working_time('reference_weeks') %}
{#- Five working days of leave are a week of it. -#}
{% set reference_days = 5 * reference_weeks %}
{% set rest_limit = working_time('daily_rest_hours') %}
{% set earlier_weeks = reference_weeks - 1 %}

with working_days as (
    select * from {{ ref('fct_working_days') }}
),

sessions as (
    select * from {{ ref('int_sessions_paired') }}
),

leave_days as (
    select * from {{ ref('int_leave_days_derived') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

workers as (
    select distinct working_days.employee_key
    from working_days
),

first_day as (
    select min(working_days.worked_on) as worked_on
    from working_days
),

-- Weeks that are over, since the first punch that is known of anybody.
weeks as (
    select
        dates.date_on as week_start_on,
        cast({{ dbt.dateadd('day', 6, 'dates.date_on') }} as date) as week_end_on,
        cast({{ dbt.dateadd('day', -7 * earlier_weeks, 'dates.date_on') }} as date)
            as reference_start_on
    from dates
    cross join first_day
    inner join reporting_period
        on
            cast({{ dbt.dateadd('day', 6, 'dates.date_on') }} as date)
            < reporting_period.as_at_on
    where
        dates.iso_weekday = 1
        and dates.date_on >= first_day.worked_on
),

worked_weeks as (
    select
        working_days.employee_key,
        cast({{ dbt.date_trunc('week', 'working_days.worked_on') }} as date)
            as week_start_on,
        sum(working_days.worked_hours) as worked_hours
    from working_days
    group by
        working_days.employee_key,
        cast({{ dbt.date_trunc('week', 'working_days.worked_on') }} as date)
),

leave_weeks as (
    select
        leave_days.employee_key,
        cast({{ dbt.date_trunc('week', 'leave_days.leave_on') }} as date)
            as week_start_on,
        sum(leave_days.lost_or_leave_days) as leave_days
    from leave_days
    group by
        leave_days.employee_key,
        cast({{ dbt.date_trunc('week', 'leave_days.leave_on') }} as date)
),

-- Every week of everybody who punches, so that a window of rows is one of weeks.
reference_periods as (
    select
        workers.employee_key,
        cast(
            sum(coalesce(worked_weeks.worked_hours, 0)) over (
                partition by workers.employee_key
                order by weeks.week_start_on nulls last
                rows between {{ earlier_weeks }} preceding and current row
            ) as decimal(18, 4)
        ) as worked_hours,
        cast(
            sum(coalesce(leave_weeks.leave_days, 0)) over (
                partition by workers.employee_key
                order by weeks.week_start_on nulls last
                rows between {{ earlier_weeks }} preceding and current row
            ) as decimal(18, 1)
        ) as leave_days,
        weeks.week_end_on,
        weeks.reference_start_on
    from workers
    cross join weeks
    left join worked_weeks
        on
            workers.employee_key = worked_weeks.employee_key
            and weeks.week_start_on = worked_weeks.week_start_on
    left join leave_weeks
        on
            workers.employee_key = leave_weeks.employee_key
            and weeks.week_start_on = leave_weeks.week_start_on
),

-- Leave shortens the period. Means are compared without a division, which would round.
weekly_breaches as (
    select
        reference_periods.employee_key,
        'weekly_hours' as breach_type,
        5 * cast(reference_periods.worked_hours as double)
        / nullif(
            {{ reference_days }} - cast(reference_periods.leave_days as double), 0
        ) as measured_hours,
        {{ weekly_limit }} as limit_hours,
        reference_periods.leave_days,
        reference_periods.week_end_on as breached_on
    from reference_periods
    inner join first_day
        on reference_periods.reference_start_on >= first_day.worked_on
    inner join employments
        on
            reference_periods.employee_key = employments.employee_key
            and reference_periods.reference_start_on >= employments.started_on
            and reference_periods.week_end_on < employments.ended_on
    where
        {{ reference_days }} > reference_periods.leave_days
        and 5 * reference_periods.worked_hours
        > ({{ reference_days }} - reference_periods.leave_days) * {{ weekly_limit }}
),

moments as (
    select
        sessions.*,
        coalesce(sessions.check_in_at, sessions.check_out_at) as session_at
    from sessions
    where sessions.employee_key is not null
),

-- A session between the one before it and the next one of the same person.
successive_sessions as (
    select
        moments.employee_key,
        moments.worked_on,
        moments.session_at,
        moments.check_in_at,
        moments.check_out_at,
        lag(moments.worked_on) over (
            partition by moments.employee_key
            order by
                moments.session_at asc nulls last,
                moments.is_check_in_missing desc nulls last
        ) as previous_worked_on,
        lead(moments.check_in_at) over (
            partition by moments.employee_key
            order by
                moments.session_at asc nulls last,
                moments.is_check_in_missing desc nulls last
        ) as next_check_in_at
    from moments
),

-- The 24 hours that begin with a day's work.
periods as (
    select
        successive_sessions.employee_key,
        successive_sessions.worked_on,
        successive_sessions.check_in_at as begun_at,
        {{ dbt.dateadd('hour', 24, 'successive_sessions.check_in_at') }} as ended_at
    from successive_sessions
    where
        successive_sessions.check_in_at is not null
        and (
            successive_sessions.previous_worked_on is null
            or successive_sessions.previous_worked_on <> successive_sessions.worked_on
        )
),

-- Each under its own day and the one before, UTC, on which a period of 24 hours that it
-- lies in can begin: days are looked up, times would be compared with all others.
dated_sessions as (
    {% for days in [0, -1] -%}
    select
        successive_sessions.*,
        cast({{ dbt.dateadd('day', days, 'successive_sessions.session_at') }} as date)
            as begun_on
    from successive_sessions
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

-- Rests that begin within the period; they may last longer than it.
rests as (
    select
        periods.employee_key,
        periods.worked_on,
        dated_sessions.check_in_at is null
        or dated_sessions.check_out_at is null
        or (
            dated_sessions.check_out_at < periods.ended_at
            and dated_sessions.next_check_in_at is null
        ) as is_unknown,
        case
            when dated_sessions.check_out_at < periods.ended_at
                then
                    {{ dbt.datediff(
                        'dated_sessions.check_out_at',
                        'dated_sessions.next_check_in_at',
                        'second'
                    ) }}
        end as rest_seconds
    from periods
    inner join dated_sessions
        on
            periods.employee_key = dated_sessions.employee_key
            and cast(periods.begun_at as date) = dated_sessions.begun_on
            and periods.begun_at <= dated_sessions.session_at
            and periods.ended_at > dated_sessions.session_at
),

longest_rests as (
    select
        rests.employee_key,
        max(coalesce(rests.rest_seconds, 0)) as rest_seconds,
        rests.worked_on
    from rests
    group by
        rests.employee_key,
        rests.worked_on
    having max(case when rests.is_unknown then 1 else 0 end) = 0
),

rest_breaches as (
    select
        longest_rests.employee_key,
        'daily_rest' as breach_type,
        longest_rests.rest_seconds / 3600.0 as measured_hours,
        {{ rest_limit }} as limit_hours,
        cast(null as decimal(18, 1)) as leave_days,
        longest_rests.worked_on as breached_on
    from longest_rests
    where longest_rests.rest_seconds < 3600 * {{ rest_limit }}
),

unioned as (
    select * from weekly_breaches
    union all
    select * from rest_breaches
),

reported as (
    select
        cast(unioned.employee_key as string) as employee_key,
        cast(unioned.breach_type as string) as breach_type,
        cast(round(unioned.measured_hours, 4) as decimal(9, 4)) as measured_hours,
        cast(unioned.limit_hours as decimal(9, 4)) as limit_hours,
        cast(unioned.leave_days as decimal(18, 1)) as leave_days,
        cast(unioned.breached_on as date) as breached_on
    from unioned
)

select * from reported
