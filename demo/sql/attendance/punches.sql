-- The sessions' punches join those that are pending, with the day they arrive. A phone
-- without a network sends its shift's punches when it has one again. One punch in a
-- hundred is sent twice, the same line in the same or in a later file.
create table if not exists pending (
    file_on date, position double, event_id text, line text
);

insert into pending
with punches as (
    select
        in_event_id as event_id,
        'IN' as punch_type,
        started_at as punched_at,
        in_device_at as device_at,
        user_id,
        time_zone,
        device_id,
        online_again_at
    from sessions
    where not is_in_missing

    union all

    select
        out_event_id as event_id,
        'OUT' as punch_type,
        ended_at as punched_at,
        out_device_at as device_at,
        user_id,
        time_zone,
        device_id,
        online_again_at
    from sessions
    where not is_out_missing
),

arrived as (
    select
        punches.*,
        offsets.minutes,
        hash(punches.event_id) as luck,
        coalesce(punches.online_again_at, punches.punched_at)
        + to_seconds(1 + cast(
            floor(part(hash(punches.event_id), 0) * 40) as integer
        )) as arrival_at
    from punches
    inner join offsets_now as offsets
        on
            punches.time_zone = offsets.time_zone
            and punches.device_at >= offsets.utc_from
            and punches.device_at < offsets.utc_until
),

rendered as (
    select
        event_id,
        luck,
        arrival_at,
        '{"event_id": "' || event_id
        || '", "user_id": "' || user_id
        || '", "type": "' || punch_type
        || '", "device_time": "'
        || strftime(device_at + to_minutes(minutes), '%Y-%m-%dT%H:%M:%S')
        || case when minutes < 0 then '-' else '+' end
        || lpad(cast(abs(minutes) // 60 as varchar), 2, '0') || ':'
        || lpad(cast(abs(minutes) % 60 as varchar), 2, '0')
        || '", "arrival_time": "' || strftime(arrival_at, '%Y-%m-%dT%H:%M:%SZ')
        || '", "device_id": "ph-' || device_id || '"}' || chr(10) as line
    from arrived
)

select
    cast(arrival_at as date) as file_on,
    epoch(arrival_at) + part(luck, 1) * 7200 as position,
    event_id,
    line
from rendered

union all

select
    cast(arrival_at as date) + case
        when part(luck, 2) < 0.005
            then 0
        else 1 + cast(floor(part(luck, 3) * 3) as integer)
    end as file_on,
    epoch(arrival_at) + part(luck, 3) * 86400 as position,
    event_id,
    line
from rendered
where part(luck, 2) < 0.01;
