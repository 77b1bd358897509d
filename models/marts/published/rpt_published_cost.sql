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

reported as (
    select
        costs.department_group,
        costs.region,
        '{{ reporting_currency() }}' as currency,
        case when not costs.is_told then {{ few_people() }} end as withheld_reason,
        case when costs.is_told and costs.cost is null then 'no_exchange_rate' end
            as null_reason,
        cast({{ rounded_to('costs.cost', published_step('cost')) }} as bigint) as cost,
        cast(
            {{ rounded_to(
                'costs.cost / nullif(ftes.fte_mean, 0)', published_step('cost_per_fte')
            ) }} as bigint
        ) as cost_per_fte,
        costs.year_start_on
    from costs
    inner join ftes
        on
            costs.department_group = ftes.department_group
            and costs.region = ftes.region
            and costs.year_start_on = ftes.year_start_on
)

select * from reported
