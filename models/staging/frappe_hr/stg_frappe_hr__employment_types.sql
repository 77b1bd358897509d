with known as (
    {{ known(
        'frappe_hr', 'employment_types',
        key=['name'], version=['modified'], removed_as='Employment Type'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as employment_type_id,
        cast({{ clean_text('known.employee_type_name') }} as string)
            as employment_type_name,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
