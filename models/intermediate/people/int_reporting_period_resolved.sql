with loads as (
    select * from {{ ref('stg_ops__loads') }}
),

employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
),

known_until as (
    select
        {% if as_at() is not none -%}
        cast('{{ as_at() }}' as timestamp) as as_at
        {%- else -%}
        max(loads.completed_at) as as_at
        {%- endif %}
    from loads
),

history as (
    select
        {% if var('history_starts_on') is not none -%}
        cast('{{ var("history_starts_on") }}' as date) as history_starts_on
        {%- else -%}
        min(employees.created_on) as history_starts_on
        {%- endif %}
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
