{#- Resources whose records are few enough to be counted in each build. -#}
{% set resources = {
    'frappe_hr': [
        'employees', 'departments', 'employee_promotions', 'employee_transfers',
        'employee_separations', 'leave_applications',
    ],
    'payroll': ['pay_runs', 'payslips', 'payslip_lines', 'contracted_hours'],
} %}

with {% for source, names in resources.items() -%}
{% for name in names -%}
{{ source }}_{{ name }} as (
    select count(*) as records from {{ ref('stg_' ~ source ~ '__' ~ name) }}
),

{% endfor -%}
{% endfor -%}
counted as (
    {% for source, names in resources.items() -%}
    {% set outer_loop = loop -%}
    {% for name in names -%}
    select
        cast('{{ source }}' as string) as source,
        cast('{{ name }}' as string) as resource,
        cast({{ source }}_{{ name }}.records as bigint) as records
    from {{ source }}_{{ name }}
    {% if not (loop.last and outer_loop.last) %}union all{% endif %}
    {% endfor -%}
    {% endfor %}
)

select * from counted
