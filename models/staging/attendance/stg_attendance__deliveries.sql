{#- A phone whose clock is further ahead than this is wrong, not merely imprecise. -#}
{% set tolerance_minutes = 5 %}

with delivered as (
    {{ delivered('attendance', 'punches') }}
),

renamed as (
    select
        cast(delivered.event_id as string) as event_id,
        cast({{ clean_text('delivered.user_id') }} as string) as attendance_user_id,
        cast({{ clean_text('delivered.device_id') }} as string) as device_id,
        cast(delivered._file_sha256 as string) as file_sha256,
        cast(delivered._dlt_load_id as string) as load_id,
        cast(upper({{ clean_text('delivered.type') }}) as string) as direction,
        cast(delivered._file_name as string) as file_name,
        cast(delivered.device_time_offset_minutes as bigint) as device_offset_minutes,
        cast(delivered._file_line as bigint) as file_line,
        coalesce(
            delivered.device_time
            > {{ dbt.dateadd('minute', tolerance_minutes, 'delivered.arrival_time') }},
            false
        ) as is_clock_ahead,
        delivered.device_time as device_at,
        delivered.arrival_time as arrived_at
    from delivered
)

select * from renamed
