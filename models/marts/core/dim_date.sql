with days as (
    {{ dbt.date_spine(
        'day',
        "cast('" ~ calendar_day('calendar_starts_on') ~ "' as date)",
        dbt.dateadd('day', 1, "cast('" ~ calendar_day('calendar_ends_on') ~ "' as date)")
    ) }}
),

dated as (
    select cast(days.date_day as date) as date_on
    from days
),

described as (
    select
        cast(extract(year from dated.date_on) as bigint) as calendar_year,
        cast(extract(quarter from dated.date_on) as bigint) as calendar_quarter,
        cast(extract(month from dated.date_on) as bigint) as calendar_month,
        cast(extract(day from dated.date_on) as bigint) as day_of_month,
        cast({{ iso_weekday('dated.date_on') }} as bigint) as iso_weekday,
        {{ iso_weekday('dated.date_on') }} >= 6 as is_weekend,
        dated.date_on,
        cast({{ dbt.date_trunc('month', 'dated.date_on') }} as date) as month_start_on,
        cast({{ dbt.last_day('dated.date_on', 'month') }} as date) as month_end_on
    from dated
)

select * from described
