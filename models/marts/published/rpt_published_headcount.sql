{{ config(alias='headcount') }}

with cells as (
    select * from {{ ref('fct_workforce_cells') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

reported as (
    select
        cells.department_group,
        cells.region,
        {{ withheld_reason('cells.is_withheld') }} as withheld_reason,
        case when not cells.is_withheld then cells.people end as headcount,
        cells.period_start_on as month_start_on
    from cells
    inner join reporting_period
        on cells.period_start_on >= reporting_period.first_month_on
    where
        cells.measure = 'headcount'
        and (cells.people > 0 or cells.is_withheld)
)

select * from reported
