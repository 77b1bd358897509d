with known as (
    {{ known('frappe_hr', 'system_settings', key=['name'], version=['modified']) }}
),

renamed as (
    select
        cast(known.name as string) as system_settings_id,
        cast({{ clean_text('known.time_zone') }} as string) as time_zone,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
