{{ config(meta={'requirement': 'BR-02.2'}) }}

-- In every cell, the headcount that closes a month opens the next.
with movements as (
    select * from {{ ref('rpt_movements_monthly') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

closings as (
    select
        movements.department,
        movements.region,
        movements.designation,
        movements.closing_headcount,
        cast({{ dbt.dateadd('month', 1, 'movements.month_start_on') }} as date)
            as month_start_on
    from movements
    inner join reporting_period
        on movements.month_start_on < reporting_period.last_month_on
    where movements.closing_headcount > 0
),

openings as (
    select
        movements.department,
        movements.region,
        movements.designation,
        movements.opening_headcount,
        movements.month_start_on
    from movements
    inner join reporting_period
        on movements.month_start_on > reporting_period.first_month_on
    where movements.opening_headcount > 0
)

select
    closings.*,
    openings.opening_headcount
from closings
full outer join openings
    on
        closings.month_start_on = openings.month_start_on
        and closings.department = openings.department
        and closings.region = openings.region
        and closings.designation = openings.designation
where
    coalesce(closings.closing_headcount, -1) <> coalesce(openings.opening_headcount, -1)
