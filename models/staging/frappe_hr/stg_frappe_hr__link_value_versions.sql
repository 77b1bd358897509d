{#-
What the fields of an assignment point to: the source's table and doctype, and the
column that says more of it: how it is called, or the country of a company. People are
called nothing here.
-#}
{% set targets = {
    'company': ('companies', 'Company', 'country'),
    'department': ('departments', 'Department', 'department_name'),
    'branch': ('branches', 'Branch', 'branch'),
    'designation': ('designations', 'Designation', 'designation_name'),
    'grade': ('employee_grades', 'Employee Grade', 'name'),
    'employment_type': ('employment_types', 'Employment Type', 'employee_type_name'),
    'reports_to': ('employees', 'Employee', 'name'),
} %}

with {% for field, (table, doctype, label) in targets.items() -%}
{{ table }} as (
    {{ known_versions(
        'frappe_hr', table, key=['name'], version=['modified'], removed_as=doctype
    ) }}
),

{% endfor -%}
renamed as (
    {% for field, (table, doctype, label) in targets.items() -%}
    select
        cast('{{ field }}' as string) as field_name,
        cast({{ table }}.name as string) as link_value,
        cast({{ clean_text(table ~ '.' ~ label) }} as string) as link_label,
        {{ site_to_utc(table ~ '.creation') }} as recorded_at,
        {{ table }}.known_from,
        {{ table }}.known_to
    from {{ table }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from renamed
