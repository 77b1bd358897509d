with set_aside_counts as (
    select * from {{ source('runs', 'set_aside_counts') }}
),

renamed as (
    select
        cast(set_aside_counts.run_id as string) as run_id,
        cast(set_aside_counts.rule as string) as rule,
        cast(set_aside_counts.source as string) as source_name,
        cast(set_aside_counts.resource as string) as resource,
        cast(set_aside_counts.records as bigint) as records,
        cast(set_aside_counts.share_pct as double) as share_pct,
        cast(set_aside_counts.largest_share_pct as double) as largest_share_pct,
        cast(set_aside_counts.recorded_at as timestamp) as recorded_at
    from set_aside_counts
)

select * from renamed
