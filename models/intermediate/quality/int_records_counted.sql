{#- Resources whose records are few enough to be counted in each build. -#}
{% set resources = ['pay_runs', 'payslips', 'payslip_lines', 'contracted_hours'] %}

with hr_records as (
    {{ united('records_counted') }}
),

{% for resource in resources -%}
{{ resource }} as (
    select count(*) as records from {{ ref('stg_payroll__' ~ resource) }}
    where known_to = {{ never() }}
),

{% endfor -%}
counted as (
    {% for resource in resources -%}
    select
        cast('payroll' as string) as source,
        cast('{{ resource }}' as string) as resource,
        cast({{ resource }}.records as bigint) as records
    from {{ resource }}
    union all
    {% endfor -%}
    select
        hr_records.source_name as source,
        hr_records.resource,
        hr_records.records
    from hr_records
)

select * from counted
