with deliveries as (
    select * from {{ ref('stg_attendance__deliveries') }}
),

ranked as (
    select
        deliveries.*,
        row_number() over (
            partition by
                deliveries.attendance_user_id,
                deliveries.direction,
                deliveries.device_at
            order by
                deliveries.arrived_at nulls last,
                deliveries.file_sha256 nulls last,
                deliveries.file_line nulls last,
                deliveries.load_id nulls last
        ) as delivery_rank
    from deliveries
),

first_arrivals as (
    select
        ranked.event_id,
        ranked.attendance_user_id,
        ranked.device_id,
        ranked.file_sha256,
        ranked.load_id,
        ranked.direction,
        ranked.file_name,
        ranked.device_offset_minutes,
        ranked.file_line,
        ranked.is_clock_ahead,
        ranked.device_at,
        ranked.arrived_at
    from ranked
    where ranked.delivery_rank = 1
)

select * from first_arrivals
