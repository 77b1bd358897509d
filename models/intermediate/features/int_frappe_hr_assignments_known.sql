{#- Each field of Employee that makes an assignment, and its column. -#}
{% set fields = {
    'company': 'company_id',
    'department': 'department_id',
    'branch': 'branch_id',
    'designation': 'designation_id',
    'grade': 'grade_id',
    'employment_type': 'employment_type_id',
    'reports_to': 'manager_document_id',
} %}

with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_known') }}
),

changes as (
    select * from {{ ref('int_frappe_hr_fields_known') }}
),

todays as (
    select distinct
        months.as_at_on,
        months.known_at
    from months
),

walked_back as (
    {{ frappe_hr_assignments_walked_back(
        'documents', 'documents', 'changes', 'todays', fields, at='known_at'
    ) }}
)

select * from walked_back
