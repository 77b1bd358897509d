with known as (
    {{ known_versions(
        'frappe_hr', 'employee_separations',
        key=['name'], version=['modified'], removed_as='Employee Separation'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as employee_separation_id,
        cast({{ clean_text('known.employee') }} as string) as employee_document_id,
        known.docstatus = 1 as is_submitted,
        known.resignation_letter_date as resigned_on,
        known.modified as modified_local,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
