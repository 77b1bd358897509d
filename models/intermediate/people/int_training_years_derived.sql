with education as (
    select * from {{ ref('stg_frappe_hr__employee_education') }}
),

documents as (
    select * from {{ ref('stg_frappe_hr__employees') }}
),

linked_documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

education_levels as (
    select * from {{ ref('education_levels') }}
),

-- The highest level that any document of the person, in its newest version, says.
derived as (
    select
        employees.employee_key,
        max(education_levels.training_years) as training_years
    from education
    inner join documents
        on
            education.employee_document_id = documents.employee_document_id
            and education.document_modified_local = documents.modified_local
    inner join linked_documents
        on education.employee_document_id = linked_documents.employee_document_id
    inner join employees
        on 'frappe_hr:' || linked_documents.person_document_id = employees.person_id
    inner join education_levels
        on
            lower(trim(education.education_level))
            = lower(trim(education_levels.education_level))
    group by employees.employee_key
)

select * from derived
