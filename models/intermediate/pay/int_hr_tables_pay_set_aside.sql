with lines as (
    select * from {{ ref('int_hr_tables_pay_lines_placed') }}
),

rates as (
    select * from {{ ref('int_hr_tables_pay_rates_placed') }}
),

named as (
    select
        lines.source_rank,
        lines.source_name,
        lines.set_aside_rule as rule,
        lines.source_table as resource,
        lines.file_place || ' line_amount' as record_key,
        lines.employee_key,
        lines.period_starts_on as since_on
    from lines
    where lines.set_aside_rule is not null
    union all
    select
        rates.source_rank,
        rates.source_name,
        rates.set_aside_rule as rule,
        rates.source_table as resource,
        rates.file_place || ' pay_rate' as record_key,
        rates.employee_key,
        rates.effective_from as since_on
    from rates
    where rates.set_aside_rule is not null
    union all
    select
        rates.source_rank,
        rates.source_name,
        'pay_rates_of_two_tables' as rule,
        rates.source_table as resource,
        rates.file_place || ' pay_rate' as record_key,
        rates.employee_key,
        rates.effective_from as since_on
    from rates
    where rates.is_of_two_tables
),

set_aside as (
    select
        named.source_rank,
        named.source_name,
        named.rule,
        named.resource,
        named.record_key,
        max(named.employee_key) as employee_key,
        min(named.since_on) as since_on
    from named
    group by
        named.source_rank,
        named.source_name,
        named.rule,
        named.resource,
        named.record_key
)

select * from set_aside
