with education as (
    select * from {{ ref('stg_frappe_hr__employee_education') }}
),

employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
    where known_to = {{ never() }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
    where is_now
),

-- What any document of the person says, in its newest version.
conformed as (
    select distinct
        'frappe_hr:' || documents.person_document_id as person_id,
        education.education_level
    from education
    inner join employees
        on
            education.employee_document_id = employees.employee_document_id
            and education.document_version = employees.document_version
    inner join documents
        on education.employee_document_id = documents.employee_document_id
)

select * from conformed
