{% set as_at_text = as_at() %}
{% set start_text = var('history_starts_on') %}
{% set given_as_at = "'" ~ as_at_text ~ "'" if as_at_text is not none else 'null' %}
{% set given_start = "'" ~ start_text ~ "'" if start_text is not none else 'null' %}

with loads as (
    select * from {{ ref('stg_ops__loads') }}
),

employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
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
            min(employees.created_on)
        ) as history_starts_on
    from employees
),

resolved as (
    select
        cast(known_until.as_at as date) as as_at_on,
        cast({{ dbt.date_trunc('month', 'history.history_starts_on') }} as date)
            as first_month_on,
        cast(
            {{ dbt.dateadd(
                'month', -1, dbt.date_trunc('month', 'known_until.as_at')
            ) }} as date
        ) as last_month_on,
        known_until.as_at
    from known_until
    cross join history
)

select * from resolved
