{{ config(meta={'requirement': 'BR-12.1'}) }}

-- A month's total is what the paid runs of the month hold, by way of no cell at all.
with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_averaged') }}
),

costs as (
    select * from {{ ref('rpt_workforce_cost_monthly') }}
),

paid as (
    select
        cast({{ dbt.date_trunc('month', 'lines.period_starts_on') }} as date)
            as month_start_on,
        lines.currency,
        cast(sum(lines.amount) as double) as amount
    from lines
    where lines.line_type <> 'deduction'
    group by
        cast({{ dbt.date_trunc('month', 'lines.period_starts_on') }} as date),
        lines.currency
),

converted as (
    select
        paid.month_start_on,
        sum(paid.amount * rates.reporting_units) as cost
    from paid
    inner join rates
        on
            paid.currency = rates.currency
            and paid.month_start_on = rates.month_start_on
    group by paid.month_start_on
)

select
    costs.month_start_on,
    costs.cost as reported_cost,
    converted.cost as paid_cost
from costs
left join converted
    on costs.month_start_on = converted.month_start_on
where
    costs.department = 'All'
    and costs.region = 'All'
    and costs.designation = 'All'
    and costs.cost is not null
    and abs(cast(costs.cost as double) - coalesce(converted.cost, 0)) > 0.01
