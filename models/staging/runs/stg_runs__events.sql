with run_events as (
    select * from {{ source('runs', 'run_events') }}
),

renamed as (
    select
        cast(run_events.run_id as string) as run_id,
        cast(run_events.command as string) as command,
        cast(run_events.event as string) as happened,
        cast(run_events.recorded_at as timestamp) as recorded_at,
        cast(run_events.observed_at as timestamp) as observed_at,
        cast(run_events.outcome as string) as outcome,
        cast(run_events.cause as string) as cause,
        cast(run_events.host as string) as machine,
        cast(run_events.process as bigint) as process_id,
        cast(run_events.revision as string) as revision,
        cast(run_events.release_id as string) as release_id,
        cast(run_events.peak_memory_bytes as bigint) as peak_memory_bytes,
        cast(run_events.memory_limit_bytes as bigint) as memory_limit_bytes,
        cast(run_events.free_disk_bytes as bigint) as free_disk_bytes,
        cast(run_events.disk_bytes as bigint) as disk_bytes,
        cast(run_events._dlt_load_id as string) as load_id
    from run_events
)

select * from renamed
