with load_steps as (
    select * from {{ ref('stg_runs__load_steps') }}
),

final as (
    select
        cast(load_steps.run_id as string) as run_id,
        cast(load_steps.source_name as string) as source_name,
        cast(load_steps.step as string) as step,
        cast(load_steps.runs as bigint) as runs,
        cast(load_steps.failures as bigint) as failures,
        cast(load_steps.seconds as double) as seconds,
        cast(load_steps.recorded_at as timestamp) as recorded_at
    from load_steps
)

select * from final
