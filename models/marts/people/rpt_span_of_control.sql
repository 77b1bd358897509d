{% set measures = {
    'managers': 'bigint', 'direct_reports': 'bigint', 'span_mean': 'double',
    'span_median': 'double', 'span_largest': 'bigint',
} %}

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
        case
            when history.unknown_since_on <= dates.month_end_on
                then history.unknown_since_on
        end as unknown_since_on,
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
        min(coalesce(managing.unknown_since_on, reporting.unknown_since_on))
            as unknown_since_on,
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
        count(*) as managers,
        sum(managers.direct_reports) as direct_reports,
        avg(managers.direct_reports) as span_mean,
        {{ percentile('managers.direct_reports', 0.5) }} as span_median,
        max(managers.direct_reports) as span_largest,
        min(managers.unknown_since_on) as unknown_since_on,
        managers.month_start_on
    from managers
    group by managers.month_start_on, cube (managers.department, managers.region)
),

reported as (
    select
        aggregated.department,
        aggregated.region,
        {{ known_measures('aggregated', measures) }},
        aggregated.month_start_on
    from aggregated
)

select * from reported
