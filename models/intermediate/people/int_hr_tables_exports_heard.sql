with table_exports as (
    select * from {{ ref('stg_hr_tables__table_exports') }}
),

deliveries as (
    select * from {{ ref('stg_ops__deliveries') }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

-- What an export of no other day says, its delivery says again.
exported as (
    select
        table_exports.source_name,
        max(
            case
                when table_exports.exported_on < deliveries.delivered_at
                    then cast(deliveries.delivered_at as date)
                else table_exports.exported_on
            end
        ) as exported_on
    from table_exports
    left join deliveries
        on
            table_exports.source_name = deliveries.source_name
            and table_exports.source_table = deliveries.resource
            and table_exports.is_of_its_load
    group by table_exports.source_name
),

-- An export tells of its day to the end; a mapping may say that it tells more, or less.
heard as (
    select
        sources.source_rank,
        sources.source_name,
        cast(
            {{ dbt.dateadd(
                'day', 1, 'coalesce(sources.known_until_on, exported.exported_on)'
            ) }} as timestamp
        ) as heard_at,
        sources.is_known_always as is_heard_always
    from sources
    inner join exported
        on sources.source_name = exported.source_name
)

select * from heard
