with node_results as (
    select * from {{ ref('int_node_results') }}
),

final as (
    select
        cast(node_results.run_id as string) as run_id,
        cast(node_results.unique_id as string) as unique_id,
        cast(node_results.node as string) as node,
        cast(node_results.status as string) as status,
        cast(node_results.seconds as double) as seconds,
        cast(node_results.recorded_at as timestamp) as recorded_at
    from node_results
    where node_results.resource_type in ('model', 'seed')
)

select * from final
