{% set dimensions = ['department', 'branch'] %}

with applications as (
    select * from {{ ref('fct_applications') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- Each accepted offer fills one opening of its requisition.
fills as (
    select
        applications.department,
        applications.branch,
        case when applications.is_internal then 1 else 0 end as filled_internally,
        {{ dbt.datediff('applications.opened_on', 'applications.accepted_on', 'day') }}
            as time_to_fill_days,
        cast({{ dbt.date_trunc('month', 'applications.accepted_on') }} as date)
            as month_start_on
    from applications
    where applications.accepted_on is not null
),

aggregated as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('fills.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        cast(count(*) as bigint) as filled,
        cast(sum(fills.filled_internally) as bigint) as filled_internally,
        {{ percentile('fills.time_to_fill_days', 0.5) }} as time_to_fill_days_median,
        {{ percentile('fills.time_to_fill_days', 0.9) }} as time_to_fill_days_p90,
        cast(100 * sum(fills.filled_internally) as double) / nullif(count(*), 0)
            as internal_fill_pct,
        fills.month_start_on
    from fills
    inner join reporting_period
        on
            fills.month_start_on >= reporting_period.first_month_on
            and fills.month_start_on <= reporting_period.last_month_on
    group by fills.month_start_on, cube (fills.department, fills.branch)
)

select * from aggregated
