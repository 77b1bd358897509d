{{ config(alias='cost') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

costs as (
    select
        cells.department_group,
        cells.region,
        max(case when cells.is_told then 1 else 0 end) = 1 as is_told,
        {{ told('cost', 'amount') }} as cost,
        cells.period_start_on as year_start_on
    from cells
    where cells.measure = 'cost'
    group by cells.department_group, cells.region, cells.period_start_on
),

exact as (
    select * from {{ ref('rpt_workforce_cost_monthly') }}
),

-- Years in which nothing tells pay of some company.
unpaid_years as (
    select distinct
        exact.null_reason,
        cast({{ dbt.date_trunc('year', 'exact.month_start_on') }} as date)
            as year_start_on
    from exact
    where
        exact.department = 'All'
        and exact.region = 'All'
        and exact.designation = 'All'
        and exact.null_reason = 'no_pay_of_a_company'
),

-- Full-time equivalents at the closes of the year's months.
ftes as (
    select
        cells.department_group,
        cells.region,
        cast(sum(cells.amount) as double) / 12 as fte_mean,
        cast({{ dbt.date_trunc('year', 'cells.period_start_on') }} as date)
            as year_start_on
    from cells
    where cells.measure = 'headcount'
    group by
        cells.department_group,
        cells.region,
        cast({{ dbt.date_trunc('year', 'cells.period_start_on') }} as date)
),

known as (
    select
        costs.department_group,
        costs.region,
        unpaid_years.null_reason,
        costs.is_told,
        case when unpaid_years.null_reason is null then costs.cost end as cost,
        costs.year_start_on
    from costs
    left join unpaid_years
        on costs.year_start_on = unpaid_years.year_start_on
),

reported as (
    select
        known.department_group,
        known.region,
        '{{ reporting_currency() }}' as currency,
        case when not known.is_told then {{ few_people() }} end as withheld_reason,
        case
            when known.is_told and known.cost is null
                then coalesce(known.null_reason, 'no_exchange_rate')
        end as null_reason,
        cast({{ rounded_to('known.cost', published_step('cost')) }} as bigint) as cost,
        cast(
            {{ rounded_to(
                'known.cost / nullif(ftes.fte_mean, 0)', published_step('cost_per_fte')
            ) }} as bigint
        ) as cost_per_fte,
        known.year_start_on
    from known
    inner join ftes
        on
            known.department_group = ftes.department_group
            and known.region = ftes.region
            and known.year_start_on = ftes.year_start_on
)

select * from reported
