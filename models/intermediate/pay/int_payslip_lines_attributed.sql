with payslip_lines as (
    select * from {{ ref('stg_payroll__payslip_lines') }}
    where known_to = {{ never() }}
),

payslips as (
    select * from {{ ref('stg_payroll__payslips') }}
    where known_to = {{ never() }}
),

pay_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
    where known_to = {{ never() }}
),

numbers as (
    select * from {{ ref('int_identifiers_held') }}
    where identifier_kind = 'employee_number'
),

line_types as (
    select * from {{ ref('pay_line_types') }}
),

told_lines as (
    {{ united('pay_lines_derived') }}
),

described as (
    select
        cast(payslip_lines.payslip_line_id as string) as payslip_line_id,
        payslip_lines.line_type,
        payslip_lines.description
    from payslip_lines
    union all
    select
        told_lines.payslip_line_id,
        told_lines.line_type,
        told_lines.description
    from told_lines
),

-- What the seed says of a line's own text comes before what it says of its type.
ranked_types as (
    select
        described.payslip_line_id,
        line_types.pay_kind,
        line_types.period_months,
        line_types.is_assumed,
        row_number() over (
            partition by described.payslip_line_id
            order by
                case when line_types.description is null then 1 else 0 end nulls last
        ) as type_rank
    from described
    inner join line_types
        on
            lower(trim(described.line_type)) = lower(trim(line_types.line_type))
            and (
                line_types.description is null
                or lower(trim(described.description))
                = lower(trim(line_types.description))
            )
),

types as (
    select * from ranked_types
    where type_rank = 1
),

payees as (
    select
        payslips.payslip_id,
        payslips.pay_run_id,
        numbers.employee_key,
        case
            when numbers.employee_key is null
                then 'payroll:' || coalesce(
                    payslips.employee_number, cast(payslips.payslip_id as string)
                )
        end as stranger_id,
        pay_runs.company_id,
        pay_runs.currency,
        pay_runs.period_starts_on,
        pay_runs.period_ends_on,
        pay_runs.paid_on
    from payslips
    inner join pay_runs
        on payslips.pay_run_id = pay_runs.pay_run_id
    left join numbers
        on
            payslips.employee_number = numbers.identifier
            and pay_runs.period_starts_on >= numbers.held_from
            and pay_runs.period_ends_on < numbers.held_to
    where pay_runs.status = 'paid'
),

unknown_numbers as (
    select distinct payees.stranger_id
    from payees
    where payees.stranger_id is not null
),

-- Whom nobody knows is somebody all the same, each number one. DuckDB gives a function
-- of the connection wrong rows inside a condition: so it stands apart.
strangers as (
    select
        unknown_numbers.stranger_id,
        {{ pseudonym('unknown_numbers.stranger_id') }} as payee_key
    from unknown_numbers
),

paid_lines as (
    select
        cast(payslip_lines.payslip_line_id as string) as payslip_line_id,
        cast(payslip_lines.payslip_id as string) as payslip_id,
        cast(payees.pay_run_id as string) as pay_run_id,
        cast('payroll' as string) as source_name,
        payees.employee_key,
        coalesce(payees.employee_key, strangers.payee_key) as payee_key,
        payees.company_id,
        payees.currency,
        payslip_lines.line_type,
        payslip_lines.amount,
        payslip_lines.paid_hours,
        false as is_hours_assumed,
        payees.period_starts_on,
        payees.period_ends_on,
        payees.paid_on
    from payslip_lines
    inner join payees
        on payslip_lines.payslip_id = payees.payslip_id
    left join strangers
        on payees.stranger_id = strangers.stranger_id
    union all
    select
        told_lines.payslip_line_id,
        told_lines.payslip_line_id as payslip_id,
        told_lines.pay_run_id,
        told_lines.source_name,
        told_lines.employee_key,
        told_lines.employee_key as payee_key,
        told_lines.company_id,
        told_lines.currency,
        told_lines.line_type,
        told_lines.amount,
        told_lines.paid_hours,
        told_lines.is_hours_assumed,
        told_lines.period_starts_on,
        told_lines.period_ends_on,
        told_lines.paid_on
    from told_lines
),

attributed as (
    select
        paid_lines.payslip_line_id,
        paid_lines.payslip_id,
        paid_lines.pay_run_id,
        paid_lines.source_name,
        paid_lines.employee_key,
        paid_lines.payee_key,
        paid_lines.company_id,
        paid_lines.currency,
        paid_lines.line_type,
        types.pay_kind,
        paid_lines.amount,
        paid_lines.paid_hours,
        types.period_months,
        paid_lines.is_hours_assumed,
        types.is_assumed as is_period_assumed,
        paid_lines.period_starts_on,
        paid_lines.period_ends_on,
        paid_lines.paid_on
    from paid_lines
    left join types
        on paid_lines.payslip_line_id = types.payslip_line_id
)

select * from attributed
