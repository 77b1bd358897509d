{#- Each field of Employee that makes an assignment, and its column in staging. -#}
{% set fields = {
    'company': 'company_id',
    'department': 'department_id',
    'branch': 'branch_id',
    'designation': 'designation_id',
    'grade': 'grade_id',
    'employment_type': 'employment_type_id',
    'reports_to': 'manager_document_id',
} %}

with employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
),

changes as (
    select * from {{ ref('int_frappe_hr_fields_changed') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

links as (
    select * from {{ ref('int_frappe_hr_links_spelled') }}
    where known_to = {{ never() }}
),

walked_back as (
    {{ frappe_hr_assignments_walked_back(
        'employees', 'documents', 'changes', 'reporting_period', 'links', fields
    ) }}
)

select * from walked_back
