with schema_changes as (
    select * from {{ ref('int_schema_changes') }}
),

loads as (
    select * from {{ ref('int_loads') }}
),

last_loads as (
    select
        loads.source_name,
        max(loads.loaded_at) as last_loaded_at,
        min(loads.loaded_at) as first_loaded_at
    from loads
    group by loads.source_name
),

-- Of the first load everything is new.
drift as (
    select
        cast(
            schema_changes.source_name
            || '.'
            || schema_changes.resource
            || '.'
            || schema_changes.column_name as string
        ) as subject,
        cast(schema_changes.change_kind as string) as change_kind,
        cast(schema_changes.told_at as timestamp) as since_at,
        schema_changes.told_at > last_loads.first_loaded_at
        and {{ dbt.dateadd('day', 7, 'schema_changes.told_at') }}
        > last_loads.last_loaded_at as is_recent,
        cast(
            'column ' || schema_changes.change_kind as string
        ) as detail
    from schema_changes
    inner join last_loads
        on schema_changes.source_name = last_loads.source_name
)

select * from drift
