with payslip_lines as (
    select * from {{ ref('stg_payroll__payslip_lines') }}
),

payslips as (
    select * from {{ ref('stg_payroll__payslips') }}
),

pay_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

attributed as (
    select
        payslip_lines.payslip_line_id,
        payslip_lines.payslip_id,
        payslips.pay_run_id,
        employees.employee_key,
        pay_runs.company_id,
        pay_runs.currency,
        payslip_lines.line_type,
        payslip_lines.amount,
        payslip_lines.paid_hours,
        pay_runs.period_starts_on,
        pay_runs.period_ends_on,
        pay_runs.paid_on
    from payslip_lines
    inner join payslips
        on payslip_lines.payslip_id = payslips.payslip_id
    inner join pay_runs
        on payslips.pay_run_id = pay_runs.pay_run_id
    left join employees
        on payslips.employee_number = employees.employee_number
    where pay_runs.status = 'paid'
)

select * from attributed
