with education as (
    select * from {{ ref('stg_frappe_hr__employee_education') }}
),

documents as (
    select * from {{ ref('stg_frappe_hr__employees') }}
    where known_to = {{ never() }}
),

linked_documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
    where is_now
),

links as (
    select * from {{ ref('int_people_linked') }}
),

education_levels as (
    select * from {{ ref('education_levels') }}
),

-- The highest level that any document of the person, in its newest version, says.
derived as (
    select
        links.employee_key,
        max(education_levels.training_years) as training_years
    from education
    inner join documents
        on
            education.employee_document_id = documents.employee_document_id
            and education.document_version = documents.document_version
    inner join linked_documents
        on education.employee_document_id = linked_documents.employee_document_id
    inner join links
        on 'frappe_hr:' || linked_documents.person_document_id = links.person_id
    inner join education_levels
        on
            lower(trim(education.education_level))
            = lower(trim(education_levels.education_level))
    group by links.employee_key
)

select * from derived
