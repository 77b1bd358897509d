with reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

loads as (
    select * from {{ ref('stg_ops__loads') }}
),

spine as (
    {{ dbt.date_spine(
        'month',
        "cast('" ~ var('calendar_starts_on') ~ "' as date)",
        "cast('" ~ var('calendar_ends_on') ~ "' as date)"
    ) }}
),

-- The sources are first loaded one after the other: that day's loads are one beginning.
beginning as (
    select
        cast(
            {{ dbt.dateadd(
                'day', 1, dbt.date_trunc('day', 'min(loads.completed_at)')
            ) }} as timestamp
        ) as begun_at
    from loads
    where
        loads.source_name in (
            {%- for hr_source in var('hr_sources') -%}
            '{{ hr_source }}'{% if not loop.last %}, {% endif %}
            {%- endfor -%}
        )
),

closed_months as (
    select
        reporting_period.as_at,
        cast(spine.date_month as date) as month_start_on,
        cast({{ dbt.last_day('spine.date_month', 'month') }} as date) as month_end_on,
        cast({{ dbt.dateadd('month', 1, 'spine.date_month') }} as timestamp)
            as closed_at
    from spine
    inner join reporting_period
        on
            spine.date_month >= reporting_period.first_month_on
            and spine.date_month <= reporting_period.last_month_on
),

dated as (
    select
        closed_months.closed_at < beginning.begun_at as is_backfilled,
        closed_months.month_start_on,
        closed_months.month_end_on,
        least(
            greatest(closed_months.closed_at, beginning.begun_at),
            closed_months.as_at
        ) as known_at
    from closed_months
    cross join beginning
),

resolved as (
    select
        dated.is_backfilled,
        dated.month_start_on,
        dated.month_end_on,
        dated.known_at
    from dated
)

select * from resolved
