with loads as (
    select * from {{ ref('int_loads') }}
),

final as (
    select
        cast(loads.run_id as string) as run_id,
        cast(loads.source_name as string) as source_name,
        cast(loads.resource as string) as resource,
        cast(loads.files as bigint) as files,
        cast(loads.delivered as bigint) as delivered,
        cast(loads.loaded as bigint) as loaded,
        cast(loads.rejected as bigint) as rejected,
        cast(loads.quarantined as bigint) as quarantined,
        cast(loads.already_known as bigint) as already_known,
        cast(loads.rejected_values as bigint) as rejected_values,
        cast(loads.incomplete as bigint) as incomplete,
        cast(loads.seconds as double) as seconds,
        cast(loads.loaded_at as timestamp) as loaded_at
    from loads
)

select * from final
