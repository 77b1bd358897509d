with sources as (
    select * from {{ source('hr_tables', 'sources') }}
),

renamed as (
    select
        cast(sources.source_name as string) as source_name,
        cast(sources.source_rank as bigint) as source_rank,
        cast({{ clean_text('sources.company') }} as string) as company_id,
        cast(upper({{ clean_text('sources.country') }}) as string) as country_code,
        cast({{ clean_text('sources.time_zone') }} as string) as time_zone,
        cast(upper({{ clean_text('sources.currency') }}) as string) as currency,
        cast(sources.exit_day as string) as exit_day,
        sources.known_until = 'always' as is_known_always,
        cast(
            case
                when sources.known_until not in ('always', 'last_export')
                    then sources.known_until
            end as date
        ) as known_until_on,
        cast(sources.handed_over_on as date) as handed_over_on,
        cast(sources.has_exits as boolean) as has_exits
    from sources
)

select * from renamed
