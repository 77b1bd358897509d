with known as (
    {{ known(
        'frappe_hr', 'employee_separations',
        key=['name'], version=['modified'], removed_as='Employee Separation'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as employee_separation_id,
        cast({{ clean_text('known.employee') }} as string) as employee_document_id,
        cast({{ clean_text('known.boarding_status') }} as string) as boarding_status,
        known.docstatus = 1 as is_submitted,
        known.resignation_letter_date as resigned_on,
        known.modified as modified_local,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
