with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_averaged') }}
),

dated as (
    select
        lines.*,
        extract(year from lines.period_ends_on) as paid_year,
        cast({{ dbt.date_trunc('month', 'lines.period_starts_on') }} as date)
            as month_start_on
    from lines
),

counted as (
    select
        dated.company_id,
        dated.paid_year,
        dated.currency,
        count(distinct dated.employee_key) as people,
        count(*) as paid_lines
    from dated
    group by dated.company_id, dated.paid_year, dated.currency
),

ranked as (
    select
        counted.*,
        row_number() over (
            partition by counted.company_id, counted.paid_year
            order by
                counted.people desc nulls last,
                counted.paid_lines desc nulls last,
                counted.currency asc nulls last
        ) as currency_rank
    from counted
),

-- The currency that most people of a company are paid in within a year.
companies as (
    select * from ranked
    where currency_rank = 1
),

valued as (
    select
        dated.*,
        companies.currency as company_currency,
        coalesce(dated.currency <> companies.currency, true) as is_converted,
        paid.reporting_units / company.reporting_units as company_units
    from dated
    inner join companies
        on
            dated.company_id = companies.company_id
            and dated.paid_year = companies.paid_year
    left join rates as paid
        on
            dated.currency = paid.currency
            and dated.month_start_on = paid.month_start_on
    left join rates as company
        on
            companies.currency = company.currency
            and dated.month_start_on = company.month_start_on
),

converted as (
    select
        valued.payslip_line_id,
        valued.payslip_id,
        valued.pay_run_id,
        valued.employee_key,
        valued.company_id,
        valued.company_currency as currency,
        valued.line_type,
        valued.pay_kind,
        case
            when valued.is_converted
                then
                    cast(
                        round(cast(valued.amount as double) * valued.company_units, 2)
                        as decimal(18, 2)
                    )
            else valued.amount
        end as amount,
        valued.paid_hours,
        valued.period_months,
        valued.is_hours_assumed,
        valued.is_period_assumed,
        valued.is_converted,
        valued.period_starts_on,
        valued.period_ends_on,
        valued.paid_on
    from valued
    where not valued.is_converted or valued.company_units is not null
)

select * from converted
