with schema_changes as (
    select * from {{ source('ops', 'schema_changes') }}
),

renamed as (
    select
        cast(schema_changes.run_id as string) as run_id,
        cast(schema_changes.source as string) as source_name,
        cast(schema_changes.resource as string) as resource,
        cast(schema_changes.column_name as string) as column_name,
        cast(schema_changes.change as string) as change_kind,
        cast(schema_changes.recorded_at as timestamp) as recorded_at
    from schema_changes
)

select * from renamed
