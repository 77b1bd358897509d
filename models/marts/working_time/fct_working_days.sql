{#-
Incremental: a day is written where its sessions say something else than the day that is
there, whatever the reason: new or late punches, a branch that was back-dated, an earlier
`as_at`. What costs, to pair punches and to find their local day, int_punches_paired does
for what is new alone.
-#}
{% set remove = "{{ remove_days_without_sessions(ref('int_sessions_paired')) }}" %}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['employee_key', 'worked_on'],
    on_schema_change='fail',
    pre_hook=remove
) }}

with sessions as (
    select * from {{ ref('int_sessions_paired') }}
),

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
    where sessions.employee_key is not null
    group by
        sessions.employee_key,
        sessions.worked_on
),

changed as (
    select * from aggregated
    {%- if is_incremental() %}
    except
    select
        written.employee_key,
        written.sessions,
        written.missing_check_ins,
        written.missing_check_outs,
        written.clock_ahead_sessions,
        written.worked_seconds,
        written.worked_hours,
        written.worked_on,
        written.first_check_in_at,
        written.last_check_out_at
    from {{ this }} as written
    {%- endif %}
)

select * from changed
