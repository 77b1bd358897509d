with events as (
    select * from {{ ref('int_incident_events') }}
),

runs as (
    select * from {{ ref('int_runs') }}
),

summed as (
    select
        events.incident_id,
        min(events.recorded_at) as opened_at,
        max(case
            when events.happened in ('opened', 'changed', 'reopened', 'closed')
                then events.recorded_at
        end) as told_at,
        max(case when events.happened = 'closed' then events.recorded_at end)
            as closed_at,
        cast(sum(case when events.happened = 'reopened' then 1 else 0 end) as bigint)
            as times_reopened
    from events
    group by events.incident_id
),

-- The release that was current when it closed is what closed it, or was no help.
incidents as (
    select
        cast(events.incident_id as string) as incident_id,
        cast(events.check_name as string) as check_name,
        cast(events.subject as string) as subject,
        cast(events.severity as string) as severity,
        cast(events.owned_by as string) as owned_by,
        cast(events.detail as string) as detail,
        cast(events.runbook as string) as runbook,
        cast(
            case
                when events.happened = 'closed' then 'closed'
                when events.happened = 'recovered' then 'recovering'
                else 'open'
            end as string
        ) as state,
        cast(summed.opened_at as timestamp) as opened_at,
        cast(summed.told_at as timestamp) as told_at,
        cast(
            case when events.happened = 'closed' then summed.closed_at end as timestamp
        ) as closed_at,
        summed.times_reopened,
        cast(
            case
                when events.happened = 'closed'
                    then (
                        select max(runs.release_id)
                        from runs
                        where
                            runs.begun_at >= summed.opened_at
                            and runs.begun_at <= summed.closed_at
                    )
            end as string
        ) as release_id
    from events
    inner join summed
        on events.incident_id = summed.incident_id
    where events.age = 1
)

select * from incidents
