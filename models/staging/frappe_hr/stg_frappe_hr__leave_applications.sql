with known as (
    {{ known(
        'frappe_hr', 'leave_applications',
        key=['name'], version=['modified'], removed_as='Leave Application'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as leave_application_id,
        cast({{ clean_text('known.employee') }} as string) as employee_document_id,
        cast({{ clean_text('known.leave_type') }} as string) as leave_type,
        cast({{ clean_text('known.status') }} as string) as status,
        cast(known.total_leave_days as decimal(9, 3)) as leave_days,
        coalesce(known.half_day, 0) = 1 as is_half_day,
        coalesce(known.docstatus, 0) = 1 as is_submitted,
        known.from_date as starts_on,
        known.to_date as ends_on,
        known.half_day_date as half_day_on,
        known.modified as modified_local,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
