with load_counts as (
    select * from {{ source('ops', 'load_counts') }}
),

added_up as (
    select
        cast(load_counts.run_id as string) as run_id,
        cast(load_counts.source as string) as source_name,
        cast(load_counts.resource as string) as resource,
        cast(sum(load_counts.files) as bigint) as files,
        cast(sum(load_counts.delivered) as bigint) as delivered,
        cast(sum(load_counts.loaded) as bigint) as loaded,
        cast(sum(load_counts.rejected) as bigint) as rejected,
        cast(sum(load_counts.quarantined) as bigint) as quarantined,
        cast(sum(load_counts.already_known) as bigint) as already_known,
        cast(sum(load_counts.rejected_values) as bigint) as rejected_values,
        cast(sum(load_counts.incomplete) as bigint) as incomplete,
        cast(sum(load_counts.seconds) as double) as seconds,
        cast(max(load_counts.finished_at) as timestamp) as finished_at
    from load_counts
    group by load_counts.run_id, load_counts.source, load_counts.resource
)

select * from added_up
