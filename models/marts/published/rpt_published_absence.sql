{{ config(alias='absence') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

available_figures as (
    select * from {{ ref('rpt_available_figures') }}
),

-- Where no company tells of any absence, that nobody was absent is not known.
available as (
    select
        case
            when
                min(coalesce(available_figures.null_reason, '')) = 'no_absences'
                and max(available_figures.null_reason) = 'no_absences'
                then 'no_absences'
        end as null_reason
    from available_figures
    where available_figures.figure = 'absence'
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
        case
            when available.null_reason is null
                then {{ withheld_reason('rates', ['absence_pct']) }}
        end as withheld_reason,
        cast(available.null_reason as string) as null_reason,
        case when available.null_reason is null then rates.absence_pct end
            as absence_pct,
        rates.year_start_on
    from rates
    cross join available
)

select * from reported
