with payroll_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
    where known_to = {{ never() }}
),

told_lines as (
    {{ united('pay_lines_derived') }}
),

conformed as (
    select
        cast(payroll_runs.pay_run_id as string) as pay_run_id,
        payroll_runs.company_id,
        payroll_runs.currency,
        payroll_runs.status,
        payroll_runs.period_starts_on,
        payroll_runs.period_ends_on,
        payroll_runs.paid_on
    from payroll_runs
    union all
    select
        told_lines.pay_run_id,
        told_lines.company_id,
        told_lines.currency,
        cast('paid' as string) as status,
        min(told_lines.period_starts_on) as period_starts_on,
        max(told_lines.period_ends_on) as period_ends_on,
        max(told_lines.paid_on) as paid_on
    from told_lines
    group by
        told_lines.pay_run_id, told_lines.company_id, told_lines.currency
)

select * from conformed
