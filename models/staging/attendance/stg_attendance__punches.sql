{#- A phone whose clock is further ahead than this is wrong, not merely imprecise. -#}
{% set tolerance_minutes = 5 %}

with known as (
    {{ known(
        'attendance', 'punches',
        key=['event_id'],
        first=['arrival_time', '_file_sha256', '_file_line']
    ) }}
),

renamed as (
    select
        cast(known.event_id as string) as event_id,
        cast({{ clean_text('known.user_id') }} as string) as attendance_user_id,
        cast({{ clean_text('known.device_id') }} as string) as device_id,
        cast(known._file_sha256 as string) as file_sha256,
        cast(upper({{ clean_text('known.type') }}) as string) as direction,
        cast(known._file_name as string) as file_name,
        cast(known.device_time_offset_minutes as bigint) as device_offset_minutes,
        cast(known._file_line as bigint) as file_line,
        coalesce(
            known.device_time
            > {{ dbt.dateadd('minute', tolerance_minutes, 'known.arrival_time') }},
            false
        ) as is_clock_ahead,
        known.device_time as device_at,
        known.arrival_time as arrived_at
    from known
)

select * from renamed
