with known as (
    {{ known(
        'frappe_hr', 'companies',
        key=['name'], version=['modified'], removed_as='Company'
    ) }}
),

renamed as (
    select
        cast(known.name as string) as company_id,
        cast({{ clean_text('known.company_name') }} as string) as company_name,
        cast({{ clean_text('known.country') }} as string) as country_name,
        cast({{ clean_text('known.default_currency') }} as string) as currency,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
