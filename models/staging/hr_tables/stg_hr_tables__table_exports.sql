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

-- Of the same the export of the latest day counts, and of a day the one that came last.
-- What was so on a day stays said when a later export tells of a later day.
stated as (
    select
        exports.*,
        coalesce(
            min(exports.known_from) over (
                partition by
                    exports.source_name, exports.source_table, exports.export_key
                order by
                    exports.exported_on desc nulls last,
                    exports.load_id desc nulls last
                rows between unbounded preceding and 1 preceding
            ),
            {{ never() }}
        ) as known_to,
        coalesce(
            min(exports.known_from) over (
                partition by
                    exports.source_name,
                    exports.source_table,
                    exports.export_key,
                    case when not exports.is_dated then exports.exported_on end
                order by
                    exports.exported_on desc nulls last,
                    exports.load_id desc nulls last
                rows between unbounded preceding and 1 preceding
            ),
            {{ never() }}
        ) as stated_to
    from exports
),

resolved as (
    select
        stated.source_name,
        stated.source_rank,
        stated.source_table,
        stated.shape,
        stated.absent,
        stated.is_partial,
        stated.export_key,
        stated.exported_on,
        stated.load_id,
        stated.known_from,
        stated.known_to,
        stated.stated_to
    from stated
)

select * from resolved
