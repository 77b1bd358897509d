with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

loads as (
    select * from {{ ref('stg_ops__loads') }}
),

-- What other systems said since changes nothing about people.
now as (
    select
        max(loads.completed_at) as known_at,
        max(reporting_period.as_at_on) as as_at_on
    from loads
    cross join reporting_period
    where loads.source_name in ('{{ var("hr_sources") | join("', '") }}')
),

instants as (
    select months.known_at
    from months
    union distinct
    select now.known_at
    from now
),

resolved as (
    select
        instants.known_at = now.known_at as is_now,
        case
            when instants.known_at = now.known_at then now.as_at_on
            else cast(instants.known_at as date)
        end as as_at_on,
        instants.known_at
    from instants
    cross join now
)

select * from resolved
