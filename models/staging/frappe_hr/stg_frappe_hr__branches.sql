with known as (
    {{ known(
        'frappe_hr', 'branches',
        key=['name'], version=['modified'], removed_as='Branch'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as branch_id,
        cast({{ clean_text('known.branch') }} as string) as branch_name,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
