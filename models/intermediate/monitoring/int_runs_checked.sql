with runs as (
    select * from {{ ref('int_runs') }}
),

node_results as (
    select * from {{ ref('stg_runs__node_results') }}
),

checks as (
    select * from {{ ref('stg_runs__checks') }}
),

-- A run that failed because of a node, a source or a full disk is told by that alone.
failed_nodes as (
    select distinct node_results.run_id
    from node_results
    where node_results.status in ('error', 'fail', 'runtime error')
),

ended as (
    select
        runs.run_id,
        'run' as check_name,
        runs.command as subject,
        case
            when runs.outcome = 'succeeded' then 'passed'
            when runs.cause in ('audit', 'disk', 'memory', 'sinks', 'sources', 'usage')
                then 'told'
            when failed_nodes.run_id is not null then 'told'
            else 'failed'
        end as outcome,
        'the last ' || runs.command || ' ' || runs.outcome as detail,
        runs.begun_at as checked_at
    from runs
    left join failed_nodes
        on runs.run_id = failed_nodes.run_id
    where runs.outcome in ('succeeded', 'failed', 'killed')
),

-- What only looks does not show that others can go on.
clocks as (
    select
        runs.run_id,
        'clock' as check_name,
        'clock' as subject,
        case
            when runs.is_before_an_earlier then 'failed'
            when runs.observed_at is not null then 'told'
            else 'passed'
        end as outcome,
        'the clock of a ' || runs.command || ' is behind that of an earlier run'
            as detail,
        runs.begun_at as checked_at
    from runs
),

disks as (
    select
        runs.run_id,
        'disk' as check_name,
        'disk' as subject,
        case
            when runs.cause = 'disk' then 'failed'
            when runs.free_disk_bytes < 0.05 * cast(runs.disk_bytes as double)
                then 'failed'
            when runs.observed_at is not null then 'told'
            else 'passed'
        end as outcome,
        case
            when runs.cause = 'disk' then 'a run found no room to write'
            else 'under 5 % of the disk is free'
        end as detail,
        runs.begun_at as checked_at
    from runs
    where runs.disk_bytes is not null
),

memories as (
    select
        runs.run_id,
        'memory' as check_name,
        runs.command as subject,
        case
            when runs.cause = 'memory' then 'failed'
            when
                runs.peak_memory_bytes > 0.9 * cast(runs.memory_limit_bytes as double)
                then 'failed'
            else 'passed'
        end as outcome,
        'the last ' || runs.command || ' took over 90 % of the memory' as detail,
        runs.begun_at as checked_at
    from runs
    where runs.memory_limit_bytes is not null
),

nodes as (
    select
        node_results.run_id,
        case
            when node_results.resource_type in ('test', 'unit_test') then 'test'
            else 'node'
        end as check_name,
        node_results.node as subject,
        case
            when node_results.status in ('pass', 'success', 'warn') then 'passed'
            when node_results.status in ('fail', 'error', 'runtime error') then 'failed'
            else 'told'
        end as outcome,
        case
            when node_results.status <> 'fail' then 'it could not be run'
            else cast(node_results.failures as string) || ' rows' || case
                when
                    node_results.row_keys <> ''
                    then ': ' || node_results.row_keys
                else ''
            end
        end as detail,
        node_results.recorded_at as checked_at
    from node_results
),

warnings as (
    select
        node_results.run_id,
        'warning' as check_name,
        node_results.node as subject,
        case when node_results.status = 'warn' then 'failed' else 'passed' end
            as outcome,
        cast(node_results.failures as string) || ' rows' || case
            when
                node_results.row_keys <> ''
                then ': ' || node_results.row_keys
            else ''
        end as detail,
        node_results.recorded_at as checked_at
    from node_results
    where node_results.status in ('pass', 'warn')
),

looked_at as (
    select
        checks.run_id,
        checks.check_name,
        checks.subject,
        checks.outcome,
        checks.detail,
        checks.recorded_at as checked_at
    from checks
),

unioned as (
    select * from ended
    union all
    select * from clocks
    union all
    select * from disks
    union all
    select * from memories
    union all
    select * from nodes
    union all
    select * from warnings
    union all
    select * from looked_at
),

-- An order that no clock makes.
numbered as (
    select
        unioned.*,
        runs.load_id as run_load_id
    from unioned
    inner join runs
        on unioned.run_id = runs.run_id
)

select * from numbered
