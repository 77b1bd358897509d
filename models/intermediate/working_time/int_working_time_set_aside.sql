with sessions as (
    select * from {{ ref('int_sessions_paired') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

-- Sessions are many, so each is read once, and by user.
users as (
    select
        sessions.attendance_user_id,
        min(case when sessions.employee_key is null then sessions.worked_on end)
            as of_nobody_since_on,
        min(
            case
                when sessions.device_on < cast('2000-01-01' as date)
                    then sessions.device_on
            end
        ) as before_2000_since_on,
        min(case when sessions.is_clock_ahead then sessions.device_on end)
            as ahead_since_on
    from sessions
    group by sessions.attendance_user_id
),

worked as (
    select
        sessions.employee_key,
        min(sessions.worked_on) as first_worked_on,
        max(sessions.worked_on) as last_worked_on
    from sessions
    where sessions.employee_key is not null
    group by sessions.employee_key
),

employed as (
    select
        employments.employee_key,
        count(*) as employments,
        min(employments.started_on) as first_started_on,
        max(employments.ended_on) as last_ended_on
    from employments
    group by employments.employee_key
),

-- Before the first employment, and after the last; the last working day is one of it.
outside as (
    select
        worked.employee_key,
        worked.first_worked_on as since_on
    from worked
    left join employed
        on worked.employee_key = employed.employee_key
    where
        employed.employee_key is null
        or worked.first_worked_on < employed.first_started_on
    union all
    select
        worked.employee_key,
        employed.last_ended_on as since_on
    from worked
    inner join employed
        on worked.employee_key = employed.employee_key
    where worked.last_worked_on > employed.last_ended_on
    union all
    select
        sessions.employee_key,
        min(sessions.worked_on) as since_on
    from sessions
    inner join employed
        on
            sessions.employee_key = employed.employee_key
            and employed.employments > 1
    left join employments
        on
            sessions.employee_key = employments.employee_key
            and sessions.worked_on >= employments.started_on
            and sessions.worked_on <= employments.ended_on
    where employments.employment_id is null
    group by sessions.employee_key
),

unioned as (
    {% for rule, since_on in {
        'punches_of_nobody': 'of_nobody_since_on',
        'clock_before_2000': 'before_2000_since_on',
        'clock_ahead': 'ahead_since_on',
    }.items() -%}
    select
        '{{ rule }}' as rule,
        'users' as resource,
        users.attendance_user_id as record_key,
        cast(null as string) as employee_key,
        users.{{ since_on }} as since_on
    from users
    where users.{{ since_on }} is not null
    union all
    {% endfor -%}
    select
        'hours_outside_employment' as rule,
        'employees' as resource,
        outside.employee_key as record_key,
        outside.employee_key,
        min(outside.since_on) as since_on
    from outside
    group by outside.employee_key
)

select * from unioned
