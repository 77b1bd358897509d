{#- A view: who works with sessions reads the punches that they are made of. -#}
{{ config(materialized='view') }}

with punches as (
    select * from {{ ref('int_punches_paired') }}
),

sessions as (
    select
        punches.event_id as session_id,
        punches.employee_key,
        punches.attendance_user_id,
        case when punches.direction = 'IN' then punches.event_id end
            as check_in_event_id,
        case
            when punches.direction = 'OUT' then punches.event_id
            else punches.closing_event_id
        end as check_out_event_id,
        punches.time_zone,
        cast(
            {{ dbt.datediff('punches.device_at', 'punches.closed_at', 'second') }}
            as bigint
        ) as worked_seconds,
        punches.direction = 'OUT' as is_check_in_missing,
        punches.direction = 'IN' and punches.closed_at is null as is_check_out_missing,
        punches.is_session_clock_ahead as is_clock_ahead,
        punches.worked_on,
        case when punches.direction = 'IN' then punches.device_at end as check_in_at,
        case
            when punches.direction = 'OUT' then punches.device_at
            else punches.closed_at
        end as check_out_at
    from punches
    where punches.is_session
)

select * from sessions
