{% set hr_sources = "'" ~ var('hr_sources') | join("', '") ~ "'" %}

with readings as (
    select * from {{ ref('stg_ops__readings') }}
),

exports_heard as (
    {{ united('exports_heard') }}
),

unioned as (
    select
        readings.source_name,
        readings.finished_at as heard_at
    from readings
    where readings.source_name in ({{ hr_sources }})
    union all
    select
        exports_heard.source_name,
        case
            when exports_heard.is_heard_always then {{ never() }}
            else exports_heard.heard_at
        end as heard_at
    from exports_heard
),

heard as (
    select
        unioned.source_name,
        max(unioned.heard_at) as heard_at
    from unioned
    group by unioned.source_name
)

select * from heard
