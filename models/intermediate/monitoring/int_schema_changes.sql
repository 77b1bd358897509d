with schema_changes as (
    select * from {{ ref('stg_runs__schema_changes') }}
),

first_told as (
    select
        schema_changes.source_name,
        schema_changes.resource,
        schema_changes.column_name,
        schema_changes.change_kind,
        min(schema_changes.recorded_at) as told_at
    from schema_changes
    group by
        schema_changes.source_name,
        schema_changes.resource,
        schema_changes.column_name,
        schema_changes.change_kind
)

select * from first_told
