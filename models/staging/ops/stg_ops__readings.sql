with load_counts as (
    select * from {{ source('ops', 'load_counts') }}
    where _dlt_load_id in ({{ completed_loads('ops') }})
),

read as (
    select
        cast(load_counts.run_id as string) as run_id,
        cast(load_counts.source as string) as source_name,
        max(cast(load_counts.finished_at as timestamp)) as finished_at
    from load_counts
    where load_counts.resource in ('gone_documents', 'gone_rows')
    group by load_counts.run_id, load_counts.source
)

select * from read
