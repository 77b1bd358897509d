with known as (
    {{ known(
        'frappe_hr', 'holiday_lists',
        key=['name'], version=['modified'], removed_as='Holiday List'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as holiday_list_id,
        {{ document_version('known.modified') }} as document_version,
        cast({{ clean_text('known.holiday_list_name') }} as string)
            as holiday_list_name,
        known.from_date as starts_on,
        known.to_date as ends_on,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
