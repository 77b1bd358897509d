with changed as (
    select * from {{ ref('int_punches_changed') }}
),

stays as (
    select * from {{ ref('int_attendance_stays_derived') }}
),

-- A day may be that of whoever has the user id, and of whoever had it.
touched as (
    select
        changed.employee_key,
        changed.device_on
    from changed
    where changed.employee_key is not null
    union distinct
    select
        stays.employee_key,
        changed.device_on
    from changed
    inner join stays
        on changed.attendance_user_id = stays.attendance_user_id
),

-- By the clocks of a place it is at most a day earlier or later than in UTC.
due as (
    {% for days in [-1, 0, 1] -%}
    select
        touched.employee_key,
        cast({{ dbt.dateadd('day', days, 'touched.device_on') }} as date) as worked_on
    from touched
    where touched.device_on is not null
    {{ 'union distinct' if not loop.last }}
    {% endfor %}
)

select * from due
