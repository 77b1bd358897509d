with leave_applications as (
    select * from {{ ref('stg_frappe_hr__leave_applications') }}
    where known_to = {{ never() }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
    where is_now
),

people as (
    select * from {{ ref('int_people_linked') }}
),

leave_types as (
    select * from {{ ref('leave_types') }}
),

-- A strike is no leave: who is on strike stays a full-pay relevant employee.
linked as (
    select
        leave_applications.leave_application_id,
        people.employee_key,
        leave_types.pay_effect,
        leave_applications.starts_on,
        leave_applications.ends_on
    from leave_applications
    inner join documents
        on leave_applications.employee_document_id = documents.employee_document_id
    inner join people
        on 'frappe_hr:' || documents.person_document_id = people.person_id
    inner join leave_types
        on
            lower(trim(leave_applications.leave_type))
            = lower(trim(leave_types.leave_type))
    where
        leave_applications.is_submitted
        and leave_applications.status = 'Approved'
        and leave_types.pay_effect in ('reduced_pay', 'unpaid')
        and leave_types.kind <> 'industrial_action'
)

select * from linked
