with known as (
    {{ known(
        'frappe_hr', 'designations',
        key=['name'], version=['modified'], removed_as='Designation'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as designation_id,
        cast({{ clean_text('known.designation_name') }} as string) as designation_name,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
