with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

instants as (
    select months.known_at
    from months
    union distinct
    select reporting_period.as_at as known_at
    from reporting_period
),

resolved as (
    select
        instants.known_at = reporting_period.as_at as is_now,
        instants.known_at
    from instants
    cross join reporting_period
)

select * from resolved
