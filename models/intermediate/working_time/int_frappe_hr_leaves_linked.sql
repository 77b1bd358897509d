with leave_applications as (
    select * from {{ ref('stg_frappe_hr__leave_applications') }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
),

linked as (
    select
        'frappe_hr:' || leave_applications.leave_application_id as leave_id,
        'frappe_hr:' || documents.person_document_id as person_id,
        leave_applications.leave_type,
        leave_applications.is_half_day,
        leave_applications.starts_on,
        leave_applications.ends_on,
        leave_applications.half_day_on
    from leave_applications
    inner join documents
        on leave_applications.employee_document_id = documents.employee_document_id
    where
        leave_applications.status = 'Approved'
        and leave_applications.is_submitted
)

select * from linked
