{% set hr_sources = "'" ~ var('hr_sources') | join("', '") ~ "'" %}

with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

loads as (
    select * from {{ ref('stg_ops__loads') }}
),

-- What other systems said since changes nothing about people; before any HR system was
-- loaded, nobody is known at `as_at`.
present as (
    select
        coalesce(max(loads.completed_at), max(reporting_period.as_at)) as known_at,
        max(reporting_period.as_at_on) as as_at_on
    from reporting_period
    left join loads
        on loads.source_name in ({{ hr_sources }})
),

instants as (
    select months.known_at
    from months
    union distinct
    select present.known_at
    from present
),

resolved as (
    select
        instants.known_at = present.known_at as is_now,
        case
            when instants.known_at = present.known_at then present.as_at_on
            else cast(instants.known_at as date)
        end as as_at_on,
        instants.known_at
    from instants
    cross join present
)

select * from resolved
