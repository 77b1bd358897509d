{#- The fields of Employee that make an assignment, and where their values are. -#}
{% set link_models = {
    'company': ('stg_frappe_hr__companies', 'company_id'),
    'department': ('stg_frappe_hr__departments', 'department_id'),
    'branch': ('stg_frappe_hr__branches', 'branch_id'),
    'designation': ('stg_frappe_hr__designations', 'designation_id'),
    'grade': ('stg_frappe_hr__employee_grades', 'grade_id'),
    'employment_type': ('stg_frappe_hr__employment_types', 'employment_type_id'),
    'reports_to': ('stg_frappe_hr__employees', 'employee_document_id'),
} %}

with promotions as (
    select * from {{ ref('stg_frappe_hr__employee_promotions') }}
),

promotion_details as (
    select * from {{ ref('stg_frappe_hr__employee_promotion_details') }}
),

transfers as (
    select * from {{ ref('stg_frappe_hr__employee_transfers') }}
),

transfer_details as (
    select * from {{ ref('stg_frappe_hr__employee_transfer_details') }}
),

-- The values that a field can take, as the HR system spells them.
link_values as (
    {% for field, (model, column) in link_models.items() -%}
    select
        cast('{{ field }}' as string) as field_name,
        {{ column }} as link_value
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

spelled as (
    {{ frappe_hr_fields_changed(
        'promotions', 'promotion_details', 'transfers', 'transfer_details',
        'link_values', link_models
    ) }}
)

select * from spelled
