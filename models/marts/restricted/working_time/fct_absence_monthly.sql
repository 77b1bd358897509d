-- How long somebody was ill is that person's own.

with history as (
    select * from {{ ref('dim_employee_history') }}
),

locations as (
    select * from {{ ref('dim_location') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

country_lists as (
    select * from {{ ref('holiday_lists') }}
),

calendars as (
    select * from {{ ref('int_working_calendars_derived') }}
),

leave_days as (
    select * from {{ ref('int_leave_days_derived') }}
),

absences_ended as (
    select * from {{ ref('int_absences_ended') }}
),

months as (
    select
        dates.month_start_on,
        cast({{ dbt.dateadd('month', 1, 'dates.month_start_on') }} as date)
            as next_month_start_on
    from dates
    inner join reporting_period
        on
            dates.month_start_on >= reporting_period.first_month_on
            and dates.month_start_on <= reporting_period.last_month_on
    where dates.day_of_month = 1
),

-- The part of a month that somebody spent in one cell, and until when it is known.
stays as (
    select
        history.employee_key,
        history.department,
        history.region,
        history.designation,
        coalesce(country_lists.country_code, 'none') as calendar_code,
        months.month_start_on,
        greatest(history.effective_from, months.month_start_on) as stayed_from,
        least(history.effective_to, months.next_month_start_on) as stayed_to,
        least(
            coalesce(history.unknown_since_on, cast('9999-12-31' as date)),
            coalesce(absences_ended.unknown_since_on, cast('9999-12-31' as date))
        ) as unknown_from
    from history
    inner join months
        on
            history.effective_from < months.next_month_start_on
            and history.effective_to > months.month_start_on
    left join locations
        on history.location_key = locations.location_key
    left join country_lists
        on locations.country_code = country_lists.country_code
    left join absences_ended
        on coalesce(history.company, '') = coalesce(absences_ended.company_id, '')
),

scheduled as (
    select
        stays.employee_key,
        stays.department,
        stays.region,
        stays.designation,
        cast(
            last_days.working_days_before - first_days.working_days_before
            as decimal(18, 1)
        ) as scheduled_days,
        cast(0 as decimal(18, 1)) as lost_days,
        cast(0 as decimal(18, 1)) as leave_days,
        stays.month_start_on,
        case
            when stays.unknown_from < stays.stayed_to then stays.unknown_from
        end as unknown_since_on
    from stays
    inner join calendars as first_days
        on
            stays.calendar_code = first_days.calendar_code
            and stays.stayed_from = first_days.date_on
    inner join calendars as last_days
        on
            stays.calendar_code = last_days.calendar_code
            and stays.stayed_to = last_days.date_on
),

taken as (
    select
        history.employee_key,
        history.department,
        history.region,
        history.designation,
        cast(0 as decimal(18, 1)) as scheduled_days,
        leave_days.lost_days,
        leave_days.leave_days,
        months.month_start_on,
        cast(null as date) as unknown_since_on
    from leave_days
    inner join months
        on
            leave_days.leave_on >= months.month_start_on
            and leave_days.leave_on < months.next_month_start_on
    inner join history
        on
            leave_days.employee_key = history.employee_key
            and leave_days.leave_on >= history.effective_from
            and leave_days.leave_on < history.effective_to
),

unioned as (
    select * from scheduled
    union all
    select * from taken
),

summed as (
    select
        cast(unioned.employee_key as string) as employee_key,
        cast(unioned.department as string) as department,
        cast(unioned.region as string) as region,
        cast(unioned.designation as string) as designation,
        cast(sum(unioned.scheduled_days) as bigint) as scheduled_days,
        cast(sum(unioned.lost_days) as decimal(18, 1)) as lost_days,
        cast(sum(unioned.leave_days) as decimal(18, 1)) as leave_days,
        cast(unioned.month_start_on as date) as month_start_on,
        cast(min(unioned.unknown_since_on) as date) as unknown_since_on
    from unioned
    group by
        unioned.employee_key,
        unioned.department,
        unioned.region,
        unioned.designation,
        unioned.month_start_on
)

select * from summed
