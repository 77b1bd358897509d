{#-
Incremental: int_working_days_due tells which days have to be written, because their
sessions changed.
-#}
{% set changes_alone = writes_changes_alone(ref('int_punches_changed')) %}
{% set begin = "{{ list_inputs(
    ref('int_inputs_paired'), ref('int_punches_changed'), 'days begun'
) }}" %}
{% set remove = "{{ remove_days(
    this, 'employee_key', 'worked_on', ref('int_working_days_due'),
    ref('int_punches_changed'), writes_changes_alone(ref('int_punches_changed'))
) }}" %}
{% set forget_inputs = "{{ forget_inputs(
    ref('int_inputs_paired'), ref('int_punches_changed'), 'days'
) }}" %}
{% set list_inputs = "{{ list_inputs(
    ref('int_inputs_paired'), ref('int_punches_changed'), 'days'
) }}" %}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[{'sql': begin, 'transaction': false}, remove],
    post_hook=[
        {'sql': forget_inputs, 'transaction': false},
        {'sql': list_inputs, 'transaction': false}
    ]
) }}

with sessions as (
    select * from {{ ref('int_sessions_paired') }}
),

{% if changes_alone -%}
due as (
    select * from {{ ref('int_working_days_due') }}
),

{% endif -%}
aggregated as (
    select
        cast(sessions.employee_key as string) as employee_key,
        cast(count(*) as bigint) as sessions,
        cast(
            sum(case when sessions.is_check_in_missing then 1 else 0 end) as bigint
        ) as missing_check_ins,
        cast(
            sum(case when sessions.is_check_out_missing then 1 else 0 end) as bigint
        ) as missing_check_outs,
        cast(
            sum(case when sessions.is_clock_ahead then 1 else 0 end) as bigint
        ) as clock_ahead_sessions,
        cast(coalesce(sum(sessions.worked_seconds), 0) as bigint) as worked_seconds,
        cast(
            round(coalesce(sum(sessions.worked_seconds), 0) / 3600.0, 4)
            as decimal(9, 4)
        ) as worked_hours,
        cast(sessions.worked_on as date) as worked_on,
        cast(min(sessions.check_in_at) as timestamp) as first_check_in_at,
        cast(max(sessions.check_out_at) as timestamp) as last_check_out_at
    from sessions
    {%- if changes_alone %}
    inner join due
        on
            sessions.employee_key = due.employee_key
            and sessions.worked_on = due.worked_on
    {%- endif %}
    where
        sessions.employee_key is not null
    {%- if changes_alone %}
        and {{ lies_within(
            'sessions.worked_on', spans_around(ref('int_punches_changed')), 'date'
        ) }}
    {%- endif %}
    group by
        sessions.employee_key,
        sessions.worked_on
),

-- So that the engine finds a day without reading the others.
by_day as (
    select aggregated.*
    from aggregated
    order by aggregated.worked_on nulls last
)

select * from by_day
