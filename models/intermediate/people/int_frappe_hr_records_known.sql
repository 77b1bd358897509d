with documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
),

known as (
    select
        'frappe_hr:' || documents.employee_document_id as record_id,
        'frappe_hr:' || documents.employment_document_id as employment_id,
        'frappe_hr:' || documents.person_document_id as person_id,
        documents.is_now,
        documents.known_at
    from documents
)

select * from known
