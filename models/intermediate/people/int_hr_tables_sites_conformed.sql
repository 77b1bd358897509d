with sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

employments as (
    select * from {{ ref('stg_hr_tables__employments') }}
    where known_to = {{ never() }}
),

-- Who left before the first of whole states, or before the first leaver that a list
-- tells of, is unknown: history begins there.
begun as (
    select
        employments.source_name,
        min(
            case
                when employments.shape in ('history', 'events')
                    then employments.effective_from
                when employments.shape = 'leavers' then employments.ended_on
                when employments.shape = 'list' and sources.has_exits
                    then coalesce(employments.started_on, employments.observed_on)
                else employments.observed_on
            end
        ) as went_live_on,
        max(case when employments.shape = 'events' then 1 else 0 end) as has_events,
        count(
            distinct case
                when employments.shape in ('periods', 'snapshots')
                    then employments.observed_on
            end
        ) as states
    from employments
    inner join sources
        on employments.source_name = sources.source_name
    group by employments.source_name
),

conformed as (
    select
        sources.source_rank,
        sources.source_name,
        sources.time_zone,
        sources.has_exits and (begun.has_events = 1 or begun.states > 1) as has_exits,
        begun.went_live_on,
        sources.handed_over_on
    from sources
    inner join begun
        on sources.source_name = begun.source_name
)

select * from conformed
