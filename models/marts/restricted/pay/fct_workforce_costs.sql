-- What one person cost is what that person earns.

with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

dated_lines as (
    select
        lines.*,
        cast({{ dbt.date_trunc('month', 'lines.period_starts_on') }} as date)
            as month_start_on
    from lines
    where lines.pay_kind <> 'deduction'
),

closed_lines as (
    select dated_lines.*
    from dated_lines
    inner join reporting_period
        on
            dated_lines.month_start_on >= reporting_period.first_month_on
            and dated_lines.month_start_on <= reporting_period.last_month_on
),

paid_periods as (
    select distinct
        closed_lines.employee_key,
        closed_lines.period_ends_on
    from closed_lines
),

-- The cell of the last day of employment by the end of the period; of the first day for
-- those who were paid before they came.
ranked_cells as (
    select
        paid_periods.employee_key,
        paid_periods.period_ends_on,
        history.department,
        history.region,
        history.designation,
        row_number() over (
            partition by paid_periods.employee_key, paid_periods.period_ends_on
            order by
                case
                    when history.effective_from <= paid_periods.period_ends_on then 0
                    else 1
                end asc nulls last,
                case
                    when history.effective_from <= paid_periods.period_ends_on
                        then history.effective_from
                end desc nulls last,
                history.effective_from asc nulls last
        ) as cell_rank
    from paid_periods
    inner join history
        on
            paid_periods.employee_key = history.employee_key
            and history.effective_from < history.effective_to
),

cells as (
    select * from ranked_cells
    where cell_rank = 1
),

celled_lines as (
    select
        closed_lines.pay_run_id,
        closed_lines.employee_key,
        closed_lines.payee_key,
        coalesce(cells.department, 'Unassigned') as department,
        coalesce(cells.region, 'Unknown') as region,
        coalesce(cells.designation, 'Unassigned') as designation,
        closed_lines.currency,
        case
            when closed_lines.pay_kind = 'employer_cost' then 0
            else closed_lines.amount
        end as gross_pay,
        case
            when closed_lines.pay_kind = 'employer_cost' then closed_lines.amount
            else 0
        end as employer_cost,
        closed_lines.month_start_on
    from closed_lines
    left join cells
        on
            closed_lines.employee_key = cells.employee_key
            and closed_lines.period_ends_on = cells.period_ends_on
),

summed as (
    select
        cast(celled_lines.pay_run_id as string) as pay_run_id,
        cast(celled_lines.employee_key as string) as employee_key,
        cast(celled_lines.payee_key as string) as payee_key,
        cast(celled_lines.department as string) as department,
        cast(celled_lines.region as string) as region,
        cast(celled_lines.designation as string) as designation,
        cast(celled_lines.currency as string) as currency,
        cast(sum(celled_lines.gross_pay) as decimal(18, 2)) as gross_pay,
        cast(sum(celled_lines.employer_cost) as decimal(18, 2)) as employer_cost,
        celled_lines.month_start_on
    from celled_lines
    group by
        celled_lines.pay_run_id,
        celled_lines.employee_key,
        celled_lines.payee_key,
        celled_lines.department,
        celled_lines.region,
        celled_lines.designation,
        celled_lines.currency,
        celled_lines.month_start_on
)

select * from summed
