with payroll_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
    where known_to = {{ never() }}
),

exported_lines as (
    select * from {{ ref('int_hr_tables_pay_lines_derived') }}
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
        exported_lines.pay_run_id,
        exported_lines.company_id,
        exported_lines.currency,
        cast('paid' as string) as status,
        min(exported_lines.period_starts_on) as period_starts_on,
        max(exported_lines.period_ends_on) as period_ends_on,
        max(exported_lines.paid_on) as paid_on
    from exported_lines
    group by
        exported_lines.pay_run_id, exported_lines.company_id, exported_lines.currency
)

select * from conformed
