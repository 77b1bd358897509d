with loads as (
    select * from {{ ref('int_loads') }}
),

daily as (
    select
        loads.source_name,
        loads.resource,
        cast(loads.loaded_at as date) as loaded_on,
        sum(loads.loaded + loads.rejected) as volume,
        sum(loads.quarantined) as quarantined,
        max(loads.loaded_at) as loaded_at
    from loads
    where loads.loaded + loads.rejected + loads.quarantined > 0
    group by loads.source_name, loads.resource, cast(loads.loaded_at as date)
),

spaced as (
    select
        daily.*,
        {{ iso_weekday('daily.loaded_on') }} as day_of_week,
        {{ dbt.datediff(
            'lag(daily.loaded_on) over (partition by daily.source_name,'
            ~ ' daily.resource order by daily.loaded_on asc nulls last)',
            'daily.loaded_on', 'day'
        ) }} as days_since,
        row_number() over (
            partition by daily.source_name, daily.resource
            order by daily.loaded_on desc nulls last
        ) as recency
    from daily
),

-- The same weekday of half a year: six of them are a history.
histories as (
    select
        spaced.source_name,
        spaced.resource,
        spaced.loaded_on,
        earlier.volume as volume_before,
        earlier.days_since as days_since_before,
        {{ percentile('earlier.volume', 0.5) }} over (
            partition by spaced.source_name, spaced.resource, spaced.loaded_on
        ) as usual
    from spaced
    inner join spaced as earlier
        on
            spaced.source_name = earlier.source_name
            and spaced.resource = earlier.resource
            and spaced.day_of_week = earlier.day_of_week
            and spaced.loaded_on > earlier.loaded_on
            and cast({{ dbt.dateadd('day', -182, 'spaced.loaded_on') }} as date)
            <= earlier.loaded_on
    where spaced.recency <= {{ var('volume_days') }}
),

usual as (
    select
        histories.source_name,
        histories.resource,
        histories.loaded_on,
        max(histories.usual) as usual,
        1.4826 * {{ percentile('abs(histories.volume_before - histories.usual)', 0.5) }}
            as deviation,
        {{ percentile('histories.days_since_before', 0.5) }} as usual_days_since
    from histories
    group by histories.source_name, histories.resource, histories.loaded_on
    having count(*) >= 6
),

-- Holidays come again: what came around this day a year before is no surprise.
a_year_before as (
    select
        spaced.source_name,
        spaced.resource,
        spaced.loaded_on,
        min(earlier.volume) as fewest,
        max(earlier.volume) as most
    from spaced
    inner join spaced as earlier
        on
            spaced.source_name = earlier.source_name
            and spaced.resource = earlier.resource
            and earlier.loaded_on
            between cast({{ dbt.dateadd('day', -369, 'spaced.loaded_on') }} as date)
            and cast({{ dbt.dateadd('day', -361, 'spaced.loaded_on') }} as date)
    where spaced.recency <= {{ var('volume_days') }}
    group by spaced.source_name, spaced.resource, spaced.loaded_on
),

-- What a day brought after others that brought nothing is theirs too; and of the turn
-- of a year nobody knows what is usual before there was one.
volumes as (
    select
        spaced.source_name,
        spaced.resource,
        spaced.loaded_on,
        spaced.loaded_at,
        spaced.recency,
        spaced.volume,
        usual.usual,
        usual.usual - greatest(6 * usual.deviation, 0.4 * usual.usual, 10) as lower,
        usual.usual + greatest(6 * usual.deviation, 0.4 * usual.usual, 10) as upper,
        a_year_before.fewest,
        a_year_before.most,
        spaced.quarantined = 0
        and spaced.days_since <= usual.usual_days_since
        and (
            a_year_before.fewest is not null
            or extract(month from spaced.loaded_on) * 100
            + extract(day from spaced.loaded_on) between 103 and 1222
        ) as is_comparable
    from spaced
    inner join usual
        on
            spaced.source_name = usual.source_name
            and spaced.resource = usual.resource
            and spaced.loaded_on = usual.loaded_on
    left join a_year_before
        on
            spaced.source_name = a_year_before.source_name
            and spaced.resource = a_year_before.resource
            and spaced.loaded_on = a_year_before.loaded_on
)

select * from volumes
