with known as (
    {{ known(
        'frappe_hr', 'employee_promotions',
        key=['name'], version=['modified'], removed_as='Employee Promotion'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as employee_promotion_id,
        {{ document_version('known.modified') }} as document_version,
        cast({{ clean_text('known.employee') }} as string) as employee_document_id,
        cast({{ clean_text('known.amended_from') }} as string)
            as amended_promotion_id,
        known.docstatus = 1 as is_submitted,
        known.promotion_date as promoted_on,
        known.modified as modified_local,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
