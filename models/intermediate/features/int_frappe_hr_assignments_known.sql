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

spelled as (
    select * from {{ ref('int_frappe_hr_links_spelled') }}
),

todays as (
    select distinct
        months.as_at_on,
        months.known_at
    from months
),

links as (
    select
        todays.known_at,
        spelled.*
    from todays
    inner join spelled
        on
            todays.known_at >= spelled.known_from
            and todays.known_at < spelled.known_to
),

walked_back as (
    {{ frappe_hr_assignments_walked_back(
        'documents', 'documents', 'changes', 'todays', 'links', fields, at='known_at'
    ) }}
)

select * from walked_back
