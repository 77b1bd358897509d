with known as (
    {{ known(
        'frappe_hr', 'employee_transfers',
        key=['name'], version=['modified'], removed_as='Employee Transfer'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as employee_transfer_id,
        {{ document_version('known.modified') }} as document_version,
        cast({{ clean_text('known.employee') }} as string) as employee_document_id,
        cast({{ clean_text('known.new_employee_id') }} as string)
            as new_employee_document_id,
        cast({{ clean_text('known.amended_from') }} as string) as amended_transfer_id,
        cast({{ clean_text('known.company') }} as string) as company_id,
        cast({{ clean_text('known.new_company') }} as string) as new_company_id,
        coalesce(known.create_new_employee_id, 0) = 1 as is_new_document,
        known.docstatus = 1 as is_submitted,
        known.transfer_date as transferred_on,
        known.modified as modified_local,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
