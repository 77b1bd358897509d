with spine as (
    {{ dbt.date_spine(
        'day',
        "cast('" ~ var('calendar_starts_on') ~ "' as date)",
        dbt.dateadd('day', 1, "cast('" ~ var('calendar_ends_on') ~ "' as date)")
    ) }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

holidays as (
    {{ united('holidays_conformed') }}
),

country_lists as (
    select * from {{ ref('holiday_lists') }}
),

-- The days on which anybody was employed so far.
employed_since as (
    select min(employments.started_on) as first_on
    from employments
),

days as (
    select
        cast(spine.date_day as date) as date_on,
        {{ iso_weekday('cast(spine.date_day as date)') }} <= 5 as is_weekday
    from spine
    cross join employed_since
    cross join reporting_period
    where
        cast(spine.date_day as date) >= employed_since.first_on
        and cast(spine.date_day as date) <= reporting_period.as_at_on
),

calendars as (
    select country_lists.country_code as calendar_code
    from country_lists
    union all
    select 'none' as calendar_code
),

days_off as (
    select distinct
        holidays.country_code as calendar_code,
        holidays.holiday_on
    from holidays
),

marked as (
    select
        calendars.calendar_code,
        days.is_weekday and days_off.holiday_on is null as is_working_day,
        days.date_on
    from calendars
    cross join days
    left join days_off
        on
            calendars.calendar_code = days_off.calendar_code
            and days.date_on = days_off.holiday_on
),

derived as (
    select
        marked.calendar_code,
        cast(
            coalesce(
                sum(case when marked.is_working_day then 1 else 0 end) over (
                    partition by marked.calendar_code
                    order by marked.date_on nulls last
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as bigint
        ) as working_days_before,
        marked.is_working_day,
        marked.date_on
    from marked
)

select * from derived
