with landed_files as (
    select * from {{ source('ops', 'landed_files') }}
    where _dlt_load_id in ({{ completed_loads('ops') }})
),

renamed as (
    select
        cast(landed_files.source as string) as source_name,
        cast(landed_files.resource as string) as resource,
        cast(landed_files.status as string) as status,
        cast(landed_files.recorded_at as timestamp) as recorded_at
    from landed_files
)

select * from renamed
