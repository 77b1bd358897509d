with leave_applications as (
    select * from {{ ref('stg_frappe_hr__leave_applications') }}
),

conformed as (
    select
        'frappe_hr:' || leave_applications.leave_application_id as leave_id,
        'frappe_hr:' || leave_applications.employee_document_id as record_id,
        leave_applications.leave_type,
        leave_applications.is_half_day,
        leave_applications.starts_on,
        leave_applications.ends_on,
        leave_applications.half_day_on,
        leave_applications.known_from,
        leave_applications.known_to
    from leave_applications
    where
        leave_applications.status = 'Approved'
        and leave_applications.is_submitted
)

select * from conformed
