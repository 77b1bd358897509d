{#-
HR systems that reports outlast: others tell of months that these do not. What one hands
over to another goes on there.
-#}
with sources_heard as (
    select * from {{ ref('int_sources_heard') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
    where handed_over_on is not null
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

ended as (
    select
        sources_heard.source_name,
        cast(sources_heard.heard_at as date) as unknown_since_on
    from sources_heard
    inner join reporting_period
        on
            sources_heard.heard_at < {{ dbt.dateadd(
                'day', -var('days_known_after_reading'), 'reporting_period.as_at'
            ) }}
            and sources_heard.heard_at < {{ dbt.dateadd(
                'month', 1, 'reporting_period.last_month_on'
            ) }}
    left join sites
        on sources_heard.source_name = sites.source_name
    where sites.source_name is null
)

select * from ended
