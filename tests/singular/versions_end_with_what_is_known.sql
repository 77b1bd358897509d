{{ config(meta={'requirement': 'BR-16.1'}) }}

-- The versions that nothing has replaced are the records that staging knows.
{% set pairs = {
    'stg_frappe_hr__employee_promotion_versions':
        ('stg_frappe_hr__employee_promotions', 'employee_promotion_id'),
    'stg_frappe_hr__employee_separation_versions':
        ('stg_frappe_hr__employee_separations', 'employee_separation_id'),
    'stg_frappe_hr__employee_transfer_versions':
        ('stg_frappe_hr__employee_transfers', 'employee_transfer_id'),
    'stg_frappe_hr__employee_versions':
        ('stg_frappe_hr__employees', 'employee_document_id'),
    'stg_frappe_hr__leave_application_versions':
        ('stg_frappe_hr__leave_applications', 'leave_application_id'),
    'stg_payroll__contracted_hours_versions':
        ('stg_payroll__contracted_hours', 'contracted_hours_id'),
    'stg_payroll__pay_run_versions': ('stg_payroll__pay_runs', 'pay_run_id'),
    'stg_payroll__payslip_line_versions':
        ('stg_payroll__payslip_lines', 'payslip_line_id'),
    'stg_payroll__payslip_versions': ('stg_payroll__payslips', 'payslip_id'),
} %}

with {% for versions, (records, key) in pairs.items() -%}
{{ versions }} as (
    select {{ key }}
    from {{ ref(versions) }}
    where known_to = {{ never() }}
),

{{ records }} as (
    select {{ key }}
    from {{ ref(records) }}
),

{% endfor -%}
differing as (
    {% for versions, (records, key) in pairs.items() -%}
    select
        cast('{{ versions }}' as string) as model_name,
        cast({{ versions }}.{{ key }} as string) as last_version_of,
        cast({{ records }}.{{ key }} as string) as known_record
    from {{ versions }}
    full outer join {{ records }}
        on {{ versions }}.{{ key }} = {{ records }}.{{ key }}
    where
        {{ versions }}.{{ key }} is null
        or {{ records }}.{{ key }} is null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from differing
