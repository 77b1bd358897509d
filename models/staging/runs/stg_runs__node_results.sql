with node_results as (
    select * from {{ source('runs', 'node_results') }}
),

renamed as (
    select
        cast(node_results.run_id as string) as run_id,
        cast(node_results.unique_id as string) as unique_id,
        cast(node_results.node as string) as node,
        cast(node_results.resource_type as string) as resource_type,
        cast(node_results.status as string) as status,
        cast(node_results.seconds as double) as seconds,
        cast(node_results.failures as bigint) as failures,
        cast(node_results.keys as string) as row_keys,
        cast(node_results.recorded_at as timestamp) as recorded_at
    from node_results
)

select * from renamed
