with history as (
    select * from {{ ref('dim_employee_history') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- The closed months, and the one before the first: its close is the first opening.
months as (
    select
        dates.month_start_on < reporting_period.first_month_on as is_opening_balance,
        dates.month_start_on,
        dates.month_end_on
    from dates
    inner join reporting_period
        on
            dates.month_start_on <= reporting_period.last_month_on
            and dates.month_start_on >= cast(
                {{ dbt.dateadd('month', -1, 'reporting_period.first_month_on') }}
                as date
            )
    where dates.day_of_month = 1
),

counted as (
    select
        history.employee_key,
        history.department_key,
        history.designation_key,
        history.location_key,
        history.company,
        history.department,
        history.region,
        history.designation,
        history.fte,
        months.is_opening_balance,
        months.month_start_on,
        months.month_end_on,
        case
            when history.unknown_since_on <= months.month_end_on
                then history.unknown_since_on
        end as unknown_since_on
    from history
    inner join months
        on
            history.effective_from <= months.month_end_on
            and history.effective_to > months.month_end_on
)

select * from counted
