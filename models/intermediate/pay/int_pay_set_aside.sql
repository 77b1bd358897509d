with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

converted as (
    select * from {{ ref('int_payslip_lines_converted') }}
),

payslips as (
    select * from {{ ref('stg_payroll__payslips') }}
    where known_to = {{ never() }}
),

payslip_lines as (
    select * from {{ ref('stg_payroll__payslip_lines') }}
    where known_to = {{ never() }}
),

pay_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
    where known_to = {{ never() }}
),

contracted_hours as (
    select * from {{ ref('stg_payroll__contracted_hours') }}
    where known_to = {{ never() }}
),

numbers as (
    select * from {{ ref('int_identifiers_held') }}
    where identifier_kind = 'employee_number'
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

told as (
    {{ united('pay_set_aside') }}
),

employed as (
    select distinct employments.employee_key
    from employments
),

-- A payslip is named once a rule, however many of its lines the rule is about.
payslips_named as (
    select
        'payslip_of_nobody' as rule,
        lines.source_name,
        lines.payslip_id,
        lines.employee_key,
        lines.period_starts_on
    from lines
    where lines.employee_key is null
    union all
    select
        'pay_line_of_unknown_type' as rule,
        lines.source_name,
        lines.payslip_id,
        lines.employee_key,
        lines.period_starts_on
    from lines
    where lines.pay_kind is null
    union all
    select
        'payslip_in_another_currency' as rule,
        lines.source_name,
        converted.payslip_id,
        converted.employee_key,
        converted.period_starts_on
    from converted
    inner join lines
        on converted.payslip_line_id = lines.payslip_line_id
    where converted.is_converted
    union all
    select
        'payslip_without_exchange_rate' as rule,
        lines.source_name,
        lines.payslip_id,
        lines.employee_key,
        lines.period_starts_on
    from lines
    left join converted
        on lines.payslip_line_id = converted.payslip_line_id
    where converted.payslip_line_id is null
),

-- What basic pay and overtime are for; other lines need no hours.
hours_by_year as (
    select
        min(lines.source_name) as source_name,
        lines.company_id,
        extract(year from lines.period_ends_on) as paid_year,
        min(lines.period_starts_on) as since_on
    from lines
    where lines.pay_kind in ('basic', 'piecework', 'overtime')
    group by lines.company_id, extract(year from lines.period_ends_on)
    having sum(case when lines.paid_hours > 0 then 1 else 0 end) = 0
),

unioned as (
    select
        payslips_named.source_name as source,
        payslips_named.rule,
        case
            when payslips_named.source_name = 'payroll' then 'payslips'
            else 'paid_lines'
        end as resource,
        cast(payslips_named.payslip_id as string) as record_key,
        max(payslips_named.employee_key) as employee_key,
        min(payslips_named.period_starts_on) as since_on
    from payslips_named
    group by
        payslips_named.source_name, payslips_named.rule, payslips_named.payslip_id
    union all
    select
        lines.source_name as source,
        'paid_without_employment' as rule,
        'employees' as resource,
        lines.employee_key as record_key,
        lines.employee_key,
        min(lines.period_starts_on) as since_on
    from lines
    left join employed
        on lines.employee_key = employed.employee_key
    where
        lines.employee_key is not null
        and employed.employee_key is null
    group by lines.source_name, lines.employee_key
    union all
    select
        'payroll' as source,
        'payslip_without_a_pay_run' as rule,
        'payslips' as resource,
        cast(payslips.payslip_id as string) as record_key,
        cast(null as string) as employee_key,
        cast(null as date) as since_on
    from payslips
    left join pay_runs
        on payslips.pay_run_id = pay_runs.pay_run_id
    where pay_runs.pay_run_id is null
    union all
    select
        'payroll' as source,
        'pay_line_without_a_payslip' as rule,
        'payslip_lines' as resource,
        cast(payslip_lines.payslip_line_id as string) as record_key,
        cast(null as string) as employee_key,
        cast(null as date) as since_on
    from payslip_lines
    left join payslips
        on payslip_lines.payslip_id = payslips.payslip_id
    where payslips.payslip_id is null
    union all
    select
        'payroll' as source,
        'contracted_hours_of_nobody' as rule,
        'contracted_hours' as resource,
        cast(contracted_hours.contracted_hours_id as string) as record_key,
        cast(null as string) as employee_key,
        contracted_hours.effective_from as since_on
    from contracted_hours
    left join numbers
        on
            contracted_hours.employee_number = numbers.identifier
            and contracted_hours.effective_from >= numbers.held_from
            and contracted_hours.effective_from < numbers.held_to
    where numbers.employee_key is null
    union all
    select
        hours_by_year.source_name as source,
        'payroll_without_hours' as rule,
        'companies' as resource,
        hours_by_year.company_id
        || ' ' || cast(hours_by_year.paid_year as string) as record_key,
        cast(null as string) as employee_key,
        hours_by_year.since_on
    from hours_by_year
    union all
    select
        told.source_name as source,
        told.rule,
        told.resource,
        told.record_key,
        told.employee_key,
        told.since_on
    from told
)

select * from unioned
