with table_exports as (
    select * from {{ ref('stg_hr_tables__table_exports') }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

exported as (
    select
        table_exports.source_name,
        max(table_exports.exported_on) as exported_on
    from table_exports
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
