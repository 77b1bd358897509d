{{ config(alias='turnover') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

turnover as (
    select * from {{ ref('rpt_turnover_monthly') }}
),

unknown_years as (
    {{ years_without_leavers() }}
),

exits as (
    select
        cells.department_group,
        cells.region,
        {{ told('exits') }} as exits,
        {{ told('exits_voluntary') }} as exits_voluntary,
        {{ told('exits_otherwise') }} as exits_otherwise,
        cells.period_start_on as year_start_on
    from cells
    where cells.measure in ('exits', 'exits_voluntary', 'exits_otherwise')
    group by cells.department_group, cells.region, cells.period_start_on
),

headcounts as (
    select
        cells.department_group,
        cells.region,
        cast(
            case
                when min(case when cells.is_told then 1 else 0 end) = 1
                    then sum(cells.rounded_events)
            end as double
        ) / 12 as headcount_mean,
        cast({{ dbt.date_trunc('year', 'cells.period_start_on') }} as date)
            as year_start_on
    from cells
    where cells.measure = 'headcount'
    group by
        cells.department_group,
        cells.region,
        cast({{ dbt.date_trunc('year', 'cells.period_start_on') }} as date)
),

-- Made of published figures alone, a rate tells no more than they do.
rates as (
    select
        exits.department_group,
        exits.region,
        unknown_years.null_reason,
        case
            when unknown_years.null_reason is null
                then {{ published_pct('exits.exits', 'headcounts.headcount_mean') }}
        end as turnover_pct,
        case
            when
                exits.exits_otherwise is not null
                and unknown_years.null_reason is null
                then
                    {{ published_pct(
                        'exits.exits_voluntary', 'headcounts.headcount_mean'
                    ) }}
        end as voluntary_turnover_pct,
        exits.year_start_on
    from exits
    inner join headcounts
        on
            exits.department_group = headcounts.department_group
            and exits.region = headcounts.region
            and exits.year_start_on = headcounts.year_start_on
    left join unknown_years
        on exits.year_start_on = unknown_years.year_start_on
),

reported as (
    select
        rates.department_group,
        rates.region,
        case
            when rates.null_reason is null
                then
                    {{ withheld_reason(
                        'rates', ['turnover_pct'], ['voluntary_turnover_pct']
                    ) }}
        end as withheld_reason,
        rates.null_reason,
        rates.turnover_pct,
        rates.voluntary_turnover_pct,
        rates.year_start_on
    from rates
)

select * from reported
