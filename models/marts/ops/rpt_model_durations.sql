with node_results as (
    select * from {{ ref('int_node_results') }}
    where
        resource_type = 'model'
        and status = 'success'
),

runs as (
    select * from {{ ref('int_runs') }}
),

timed as (
    select
        runs.command,
        node_results.node,
        node_results.seconds,
        node_results.recorded_at,
        row_number() over (
            partition by runs.command, node_results.node
            order by node_results.run_load_id desc nulls last
        ) as age
    from node_results
    inner join runs
        on node_results.run_id = runs.run_id
),

earlier as (
    select
        timed.command,
        timed.node,
        timed.seconds,
        {{ percentile('timed.seconds', 0.5) }} over (
            partition by timed.command, timed.node
        ) as usual
    from timed
    where timed.age between 2 and 21
),

usual as (
    select
        earlier.command,
        earlier.node,
        max(earlier.usual) as usual,
        1.4826 * {{ percentile('abs(earlier.seconds - earlier.usual)', 0.5) }}
            as deviation,
        count(*) as runs
    from earlier
    group by earlier.command, earlier.node
),

durations as (
    select
        cast(timed.node as string) as subject,
        cast(timed.command as string) as command,
        cast(timed.seconds as double) as seconds,
        cast(usual.usual as double) as usual_seconds,
        cast(coalesce(usual.runs, 0) as bigint) as earlier_runs,
        cast(timed.recorded_at as timestamp) as since_at,
        coalesce(
            usual.runs >= 5
            and timed.seconds
            > usual.usual + greatest(6 * usual.deviation, 0.5 * usual.usual, 5),
            false
        ) as is_slow,
        cast(
            cast(cast(round(timed.seconds) as bigint) as string)
            || ' s in the last '
            || timed.command
            || ', where '
            || coalesce(
                cast(round(usual.usual, 1) as string), 'nothing'
            ) || ' s are usual' as string
        ) as detail
    from timed
    left join usual
        on
            timed.command = usual.command
            and timed.node = usual.node
    where timed.age = 1
)

select * from durations
