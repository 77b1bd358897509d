{{ config(alias='absence') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

rates as (
    select
        cells.department_group,
        cells.region,
        {{ published_pct(
            told('lost_days', 'amount'), told('scheduled_days', 'amount')
        ) }} as absence_pct,
        cells.period_start_on as year_start_on
    from cells
    where cells.measure in ('scheduled_days', 'lost_days')
    group by cells.department_group, cells.region, cells.period_start_on
),

reported as (
    select
        rates.department_group,
        rates.region,
        {{ withheld_reason('rates', ['absence_pct']) }} as withheld_reason,
        rates.absence_pct,
        rates.year_start_on
    from rates
)

select * from reported
