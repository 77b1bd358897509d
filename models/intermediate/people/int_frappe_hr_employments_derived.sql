with documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
),

employees as (
    {{ as_known('stg_frappe_hr__employees') }}
),

separations as (
    {{ as_known('stg_frappe_hr__employee_separations') }}
),

exit_reasons as (
    select * from {{ ref('exit_reasons') }}
),

-- Who leaves on the day of joining was never employed at the close of a day.
spans as (
    select
        documents.employment_document_id,
        documents.person_document_id,
        documents.is_now,
        min(documents.document_from) as started_on,
        max(documents.document_to) as ended_on,
        documents.known_at
    from documents
    where documents.document_from < documents.document_to
    group by
        documents.employment_document_id,
        documents.person_document_id,
        documents.is_now,
        documents.known_at
),

last_documents as (
    select * from documents
    where successor_document_id is null
),

resignations as (
    select
        separations.known_at,
        separations.employee_document_id,
        min(separations.resigned_on) as resigned_on
    from separations
    where
        separations.is_submitted
        and separations.resigned_on is not null
    group by separations.known_at, separations.employee_document_id
),

employments as (
    select
        spans.employment_document_id,
        spans.person_document_id,
        last_documents.employee_number,
        last_documents.born_on,
        employees.reason_for_leaving,
        coalesce(employees.resigned_on, resignations.resigned_on)
            as resigned_on,
        spans.is_now,
        spans.started_on,
        spans.ended_on,
        spans.known_at
    from spans
    inner join last_documents
        on
            spans.known_at = last_documents.known_at
            and spans.employment_document_id = last_documents.employment_document_id
    inner join employees
        on
            last_documents.known_at = employees.known_at
            and last_documents.employee_document_id = employees.employee_document_id
    left join resignations
        on
            last_documents.known_at = resignations.known_at
            and last_documents.employee_document_id
            = resignations.employee_document_id
),

derived as (
    select
        'frappe_hr:' || employments.employment_document_id as employment_id,
        'frappe_hr:' || employments.person_document_id as person_id,
        employments.employee_number,
        case
            when employments.ended_on < cast('9999-12-31' as date)
                then
                    coalesce(
                        exit_reasons.kind,
                        case
                            when employments.resigned_on is not null then 'voluntary'
                        end,
                        'other'
                    )
        end as exit_kind,
        employments.is_now,
        employments.born_on,
        employments.resigned_on,
        employments.started_on,
        employments.ended_on,
        employments.known_at
    from employments
    left join exit_reasons
        on lower(employments.reason_for_leaving) = exit_reasons.reason
)

select * from derived
