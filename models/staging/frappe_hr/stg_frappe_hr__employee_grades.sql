with known as (
    {{ known(
        'frappe_hr', 'employee_grades',
        key=['name'], version=['modified'], removed_as='Employee Grade'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as grade_id,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
