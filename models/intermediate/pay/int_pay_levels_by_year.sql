with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

pay_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

regimes as (
    {{ pay_gap_regimes_of('paid_in_the_year') }}
),

companies as (
    select
        pay_runs.company_id,
        min(pay_runs.period_starts_on) as first_paid_on,
        max(pay_runs.period_ends_on) as last_paid_on
    from pay_runs
    where pay_runs.status = 'paid'
    group by pay_runs.company_id
),

-- A period counts in the year in which it ends.
dated_lines as (
    select
        lines.*,
        cast(extract(year from lines.period_ends_on) as bigint) as reference_year
    from lines
    where
        lines.employee_key is not null
        and lines.line_type in ('base', 'bonus', 'allowance', 'overtime')
),

summed as (
    select
        dated_lines.employee_key,
        dated_lines.company_id,
        max(dated_lines.currency) as currency,
        dated_lines.reference_year,
        sum(
            case when dated_lines.line_type = 'base' then dated_lines.amount else 0 end
        ) as basic_pay,
        sum(
            case when dated_lines.line_type = 'base' then 0 else dated_lines.amount end
        ) as component_pay,
        sum(
            case when dated_lines.line_type = 'bonus' then dated_lines.amount else 0 end
        ) as bonus_pay,
        sum(dated_lines.amount) as gross_pay,
        sum(
            case
                when dated_lines.line_type in ('base', 'overtime')
                    then coalesce(dated_lines.paid_hours, 0)
                else 0
            end
        ) as paid_hours,
        cast(cast(dated_lines.reference_year as string) || '-01-01' as date)
            as year_starts_on,
        cast(cast(dated_lines.reference_year as string) || '-12-31' as date)
            as year_ends_on
    from dated_lines
    group by
        dated_lines.employee_key,
        dated_lines.company_id,
        dated_lines.reference_year
),

-- Years that payroll paid from first day to last, and whose last month is closed.
closed_years as (
    select summed.*
    from summed
    inner join companies
        on
            summed.company_id = companies.company_id
            and summed.year_starts_on >= companies.first_paid_on
            and summed.year_ends_on <= companies.last_paid_on
    inner join reporting_period
        on
            summed.year_ends_on
            < cast(
                {{ dbt.dateadd('month', 1, 'reporting_period.last_month_on') }} as date
            )
),

reasoned as (
    select
        closed_years.employee_key,
        regimes.regime,
        closed_years.company_id,
        closed_years.currency,
        case
            when closed_years.gross_pay <= 0 then 'no_gross_pay'
            when closed_years.paid_hours <= 0 then 'no_paid_hours'
            else 'paid_in_the_year'
        end as population_reason,
        closed_years.reference_year,
        closed_years.basic_pay,
        closed_years.component_pay,
        closed_years.bonus_pay,
        closed_years.gross_pay,
        closed_years.paid_hours,
        closed_years.component_pay > 0 as has_components,
        closed_years.year_ends_on as reference_on
    from closed_years
    cross join regimes
),

flagged as (
    select
        reasoned.employee_key,
        reasoned.regime,
        reasoned.company_id,
        reasoned.currency,
        reasoned.population_reason,
        reasoned.reference_year,
        reasoned.basic_pay,
        reasoned.component_pay,
        reasoned.bonus_pay,
        reasoned.gross_pay,
        reasoned.paid_hours,
        reasoned.population_reason = 'paid_in_the_year' as is_in_population,
        reasoned.population_reason = 'paid_in_the_year' as is_in_component_population,
        reasoned.has_components,
        reasoned.reference_on
    from reasoned
)

select * from flagged
