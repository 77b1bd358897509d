{#- Shapes whose rows hold over days of their own, and not on the export's day. -#}
{% set dated_shapes = "'history', 'events'" %}

with table_exports as (
    select * from {{ source('hr_tables', 'table_exports') }}
),

sources as (
    select * from {{ source('hr_tables', 'sources') }}
),

loads as (
    {{ completed_load_instants('hr_tables') }}
),

exports as (
    select
        cast(table_exports.source_name as string) as source_name,
        cast(sources.source_rank as bigint) as source_rank,
        cast(table_exports.source_table as string) as source_table,
        cast(table_exports.shape as string) as shape,
        table_exports.shape in ({{ dated_shapes }}) as is_dated,
        cast(table_exports.absent as string) as absent,
        cast(table_exports.is_partial as boolean) as is_partial,
        cast(table_exports.is_of_its_load as boolean) as is_of_its_load,
        cast(table_exports.export_key as string) as export_key,
        cast(table_exports.exported_on as date) as exported_on,
        cast(table_exports._dlt_load_id as string) as load_id,
        loads.completed_at as known_from
    from table_exports
    inner join sources
        on table_exports.source_name = sources.source_name
    inner join loads
        on table_exports._dlt_load_id = loads.load_id
),

deliveries as (
    select
        exports.source_name,
        exports.source_table,
        exports.export_key,
        exports.load_id,
        exports.known_from,
        max(exports.exported_on) as exported_on
    from exports
    group by
        exports.source_name,
        exports.source_table,
        exports.export_key,
        exports.load_id,
        exports.known_from
),

-- Of the same the delivery of the latest day counts, and of a day the one that came
-- last. What one delivery says of several days it says of all of them.
replaced as (
    select
        deliveries.*,
        coalesce(
            min(deliveries.known_from) over (
                partition by
                    deliveries.source_name,
                    deliveries.source_table,
                    deliveries.export_key
                order by
                    deliveries.exported_on desc nulls last,
                    deliveries.load_id desc nulls last
                rows between unbounded preceding and 1 preceding
            ),
            {{ never() }}
        ) as known_to
    from deliveries
),

-- What was so on a day stays said when a later export tells of a later day.
stated as (
    select
        exports.*,
        replaced.known_to,
        case
            when exports.is_dated then replaced.known_to
            else
                coalesce(
                    lead(exports.known_from) over (
                        partition by
                            exports.source_name,
                            exports.source_table,
                            exports.export_key,
                            exports.exported_on
                        order by exports.load_id nulls last
                    ),
                    {{ never() }}
                )
        end as stated_to
    from exports
    inner join replaced
        on
            exports.source_name = replaced.source_name
            and exports.source_table = replaced.source_table
            and exports.export_key = replaced.export_key
            and exports.load_id = replaced.load_id
),

resolved as (
    select
        stated.source_name,
        stated.source_rank,
        stated.source_table,
        stated.shape,
        stated.absent,
        stated.is_partial,
        stated.is_of_its_load,
        stated.export_key,
        stated.exported_on,
        stated.load_id,
        stated.known_from,
        stated.known_to,
        stated.stated_to
    from stated
)

select * from resolved
