{{ config(alias='working_time') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

rates as (
    select
        cells.department_group,
        cells.region,
        cast(
            round(
                10 * cast({{ told('worked_hours', 'amount') }} as double)
                / {{ told('worked_hours', 'events') }}
            ) / 10 as decimal(9, 1)
        ) as worked_hours_per_day,
        {{ published_pct(
            told('people_in_breach'),
            told('people_in_breach') ~ ' + ' ~ told('people_in_no_breach')
        ) }} as people_in_breach_pct,
        cells.period_start_on as year_start_on
    from cells
    where
        cells.measure in ('worked_hours', 'people_in_breach', 'people_in_no_breach')
    group by cells.department_group, cells.region, cells.period_start_on
),

reported as (
    select
        rates.department_group,
        rates.region,
        {{ withheld_reason(
            'rates', ['worked_hours_per_day'], ['people_in_breach_pct']
        ) }} as withheld_reason,
        rates.worked_hours_per_day,
        rates.people_in_breach_pct,
        rates.year_start_on
    from rates
)

select * from reported
