with landed_files as (
    select * from {{ source('ops', 'landed_files') }}
    where
        status in ('loaded', 'already_known')
        and _dlt_load_id in ({{ completed_loads('ops') }})
),

delivered as (
    select
        cast(landed_files.source as string) as source_name,
        cast(landed_files.resource as string) as resource,
        max(cast(landed_files.recorded_at as timestamp)) as delivered_at
    from landed_files
    group by landed_files.source, landed_files.resource
)

select * from delivered
