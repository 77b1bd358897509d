with runs as (
    select * from {{ ref('int_runs') }}
),

final as (
    select
        cast(runs.run_id as string) as run_id,
        cast(runs.command as string) as command,
        cast(runs.begun_at as timestamp) as begun_at,
        cast(runs.ended_at as timestamp) as ended_at,
        cast(runs.outcome as string) as outcome,
        cast(runs.cause as string) as cause,
        cast(runs.revision as string) as revision,
        cast(runs.release_id as string) as release_id,
        cast(runs.seconds as double) as seconds,
        cast(runs.peak_memory_bytes as bigint) as peak_memory_bytes,
        cast(runs.memory_limit_bytes as bigint) as memory_limit_bytes,
        cast(runs.free_disk_bytes as bigint) as free_disk_bytes,
        cast(runs.disk_bytes as bigint) as disk_bytes
    from runs
)

select * from final
