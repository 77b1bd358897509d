with landed_files as (
    select * from {{ source('ops', 'landed_files') }}
),

renamed as (
    select
        cast(landed_files.run_id as string) as run_id,
        cast(landed_files.source as string) as source_name,
        cast(landed_files.resource as string) as resource,
        cast(landed_files.inbox_path as string) as inbox_path,
        cast(landed_files.status as string) as status,
        cast(landed_files.recorded_at as timestamp) as recorded_at,
        cast(landed_files._dlt_load_id as string) as load_id
    from landed_files
)

select * from renamed
