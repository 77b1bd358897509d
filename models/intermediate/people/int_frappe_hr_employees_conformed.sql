with documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
    where is_now
),

employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
    where known_to = {{ never() }}
),

ranked as (
    select
        documents.person_document_id,
        documents.employee_number,
        employees.first_name,
        employees.last_name,
        employees.gender,
        documents.born_on,
        row_number() over (
            partition by documents.person_document_id
            order by
                documents.document_from desc nulls last,
                employees.recorded_at desc nulls last,
                documents.employee_document_id desc nulls last
        ) as document_rank
    from documents
    inner join employees
        on documents.employee_document_id = employees.employee_document_id
),

conformed as (
    select
        'frappe_hr:' || ranked.person_document_id as person_id,
        ranked.employee_number,
        ranked.first_name,
        ranked.last_name,
        ranked.gender,
        ranked.born_on
    from ranked
    where ranked.document_rank = 1
)

select * from conformed
