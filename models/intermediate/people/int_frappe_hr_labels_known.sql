{#-
What the fields of an assignment point to: the staging model, its key, and the column that
says more of it: how it is called, or the country of a company. People are called nothing
here.
-#}
{% set targets = {
    'company': ('companies', 'company_id', 'country_name'),
    'department': ('departments', 'department_id', 'department_name'),
    'branch': ('branches', 'branch_id', 'branch_name'),
    'designation': ('designations', 'designation_id', 'designation_name'),
    'grade': ('employee_grades', 'grade_id', 'grade_id'),
    'employment_type': (
        'employment_types', 'employment_type_id', 'employment_type_name'
    ),
    'reports_to': ('employees', 'employee_document_id', 'employee_document_id'),
} %}

with {% for table, key, label in targets.values() -%}
{{ table }} as (
    select * from {{ ref('stg_frappe_hr__' ~ table) }}
),

{% endfor -%}
unioned as (
    {% for field, (table, key, label) in targets.items() -%}
    select
        cast('{{ field }}' as string) as field_name,
        {{ table }}.{{ key }} as link_value,
        {{ table }}.{{ label }} as link_label,
        {{ table }}.recorded_at,
        {{ table }}.known_from,
        {{ table }}.known_to
    from {{ table }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from unioned
