with history as (
    select * from {{ ref('dim_employee_history') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- Everybody at the close of each closed month.
employed as (
    select
        history.employee_key,
        history.manager_employee_key,
        history.department,
        history.region,
        dates.month_start_on
    from history
    inner join dates
        on
            history.effective_from <= dates.month_end_on
            and history.effective_to > dates.month_end_on
    inner join reporting_period
        on
            dates.month_start_on >= reporting_period.first_month_on
            and dates.month_start_on <= reporting_period.last_month_on
    where dates.day_of_month = 1
),

-- Who reports to somebody who left, or to themselves, makes nobody a manager.
managers as (
    select
        managing.employee_key,
        managing.department,
        managing.region,
        count(*) as direct_reports,
        managing.month_start_on
    from employed as managing
    inner join employed as reporting
        on
            managing.employee_key = reporting.manager_employee_key
            and managing.month_start_on = reporting.month_start_on
            and managing.employee_key <> reporting.employee_key
    group by
        managing.employee_key,
        managing.department,
        managing.region,
        managing.month_start_on
),

aggregated as (
    select
        {{ total_label('managers.department') }} as department,
        {{ total_label('managers.region') }} as region,
        cast(count(*) as bigint) as managers,
        cast(sum(managers.direct_reports) as bigint) as direct_reports,
        cast(avg(managers.direct_reports) as double) as span_mean,
        {{ percentile('managers.direct_reports', 0.5) }} as span_median,
        cast(max(managers.direct_reports) as bigint) as span_largest,
        managers.month_start_on
    from managers
    group by managers.month_start_on, cube(managers.department, managers.region)
)

select * from aggregated
