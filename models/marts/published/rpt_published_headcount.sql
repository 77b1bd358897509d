{{ config(alias='headcount') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

shown as (
    select
        cells.department_group,
        cells.region,
        {{ told('headcount') }} as headcount,
        max(cells.count_step) as count_step,
        cells.period_start_on as month_start_on
    from cells
    inner join reporting_period
        on cells.period_start_on >= reporting_period.first_month_on
    where cells.measure = 'headcount'
    group by cells.department_group, cells.region, cells.period_start_on
),

reported as (
    select
        shown.department_group,
        shown.region,
        {{ withheld_reason('shown', ['headcount']) }} as withheld_reason,
        shown.headcount,
        shown.count_step,
        shown.month_start_on
    from shown
)

select * from reported
