{% set as_at_text = as_at() %}
{% set start_text = var('history_starts_on') %}
{% set given_as_at = "'" ~ as_at_text ~ "'" if as_at_text is not none else 'null' %}
{% set given_start = "'" ~ start_text ~ "'" if start_text is not none else 'null' %}

with loads as (
    select * from {{ ref('stg_ops__loads') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
),

sources_heard as (
    select * from {{ ref('int_sources_heard') }}
),

known_until as (
    select
        coalesce(
            cast({{ given_as_at }} as timestamp),
            max(loads.completed_at)
        ) as as_at
    from loads
),

history as (
    select
        coalesce(
            cast({{ given_start }} as date),
            min(sites.went_live_on)
        ) as history_starts_on
    from sites
),

last_heard as (
    select max(sources_heard.heard_at) as heard_at
    from sources_heard
),

-- An HR system that is read no more tells of nobody who left.
ended as (
    select
        known_until.as_at,
        case
            when
                last_heard.heard_at < {{ dbt.dateadd(
                    'day', -var('days_known_after_reading'), 'known_until.as_at'
                ) }}
                then last_heard.heard_at
            else known_until.as_at
        end as known_until
    from known_until
    cross join last_heard
),

resolved as (
    select
        cast(ended.as_at as date) as as_at_on,
        cast(ended.known_until as date) as known_until_on,
        cast({{ dbt.date_trunc('month', 'history.history_starts_on') }} as date)
            as first_month_on,
        cast(
            {{ dbt.dateadd('month', -1, dbt.date_trunc('month', 'ended.known_until')) }}
            as date
        ) as last_month_on,
        ended.as_at
    from ended
    cross join history
)

select * from resolved
