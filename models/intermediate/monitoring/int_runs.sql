with events as (
    select * from {{ ref('stg_runs__events') }}
),

begun as (
    select events.*
    from events
    where events.happened = 'begun'
),

-- What a run says of itself counts before what the next one says of it.
ranked_ends as (
    select
        events.*,
        row_number() over (
            partition by events.run_id
            order by
                case when events.outcome = 'killed' then 2 else 1 end asc nulls last,
                events.load_id asc nulls last
        ) as nth
    from events
    where events.happened = 'ended'
),

in_order as (
    select
        begun.*,
        -- Clocks may be put back; the order of loads goes on.
        max(begun.recorded_at) over (
            order by begun.load_id asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as latest_before_at,
        lead(begun.run_id) over (
            partition by begun.command
            order by begun.load_id asc nulls last
        ) as next_run_id
    from begun
),

runs as (
    select
        in_order.run_id,
        in_order.command,
        in_order.recorded_at as begun_at,
        ended.recorded_at as ended_at,
        in_order.observed_at,
        case
            when ended.outcome is not null then ended.outcome
            -- On another machine nobody sees that a process is gone.
            when in_order.next_run_id is not null then 'killed'
            else 'running'
        end as outcome,
        ended.cause,
        coalesce(ended.revision, in_order.revision) as revision,
        ended.release_id,
        case
            when ended.outcome <> 'killed' then cast(
                {{ dbt.datediff(
                    'in_order.recorded_at', 'ended.recorded_at', 'second'
                ) }} as double
            )
        end as seconds,
        ended.peak_memory_bytes,
        ended.memory_limit_bytes,
        ended.free_disk_bytes,
        ended.disk_bytes,
        coalesce(in_order.recorded_at < in_order.latest_before_at, false)
            as is_before_an_earlier,
        in_order.load_id
    from in_order
    left join ranked_ends as ended
        on
            in_order.run_id = ended.run_id
            and ended.nth = 1
)

select * from runs
