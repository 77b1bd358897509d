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
        ) as went_live_on
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
        begun.went_live_on,
        sources.handed_over_on
    from sources
    inner join begun
        on sources.source_name = begun.source_name
)

select * from conformed
