with known as (
    {{ known(
        'frappe_hr', 'departments',
        key=['name'], version=['modified'], removed_as='Department'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as department_id,
        cast({{ clean_text('known.parent_department') }} as string)
            as parent_department_id,
        cast({{ clean_text('known.company') }} as string) as company_id,
        cast({{ clean_text('known.department_name') }} as string) as department_name,
        coalesce(known.is_group, 0) = 1 as is_group,
        coalesce(known.disabled, 0) = 1 as is_disabled,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
