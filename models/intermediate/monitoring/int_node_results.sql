with node_results as (
    select * from {{ ref('stg_runs__node_results') }}
),

runs as (
    select * from {{ ref('int_runs') }}
),

numbered as (
    select
        node_results.run_id,
        node_results.unique_id,
        node_results.node,
        node_results.resource_type,
        node_results.status,
        node_results.seconds,
        node_results.failures,
        node_results.row_keys,
        node_results.recorded_at,
        runs.load_id as run_load_id
    from node_results
    inner join runs
        on node_results.run_id = runs.run_id
)

select * from numbered
