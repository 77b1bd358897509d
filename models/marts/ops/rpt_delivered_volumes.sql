with volumes as (
    select * from {{ ref('int_delivered_volumes') }}
),

judged as (
    select
        cast(
            volumes.source_name || '.' || volumes.resource
            as string
        ) as subject,
        volumes.loaded_on,
        cast(volumes.loaded_at as timestamp) as since_at,
        cast(volumes.volume as bigint) as volume,
        cast(volumes.usual as double) as usual,
        cast(volumes.lower as double) as lower_bound,
        cast(volumes.upper as double) as upper_bound,
        volumes.recency = 1 as is_last,
        coalesce(
            volumes.is_comparable
            and (
                volumes.volume < volumes.lower
                and volumes.volume < coalesce(0.6 * volumes.fewest, volumes.lower)
                or volumes.volume > volumes.upper
                and volumes.volume > coalesce(1.4 * volumes.most, volumes.upper)
            ),
            false
        ) as is_unusual,
        cast(
            cast(cast(volumes.volume as bigint) as string)
            || ' rows, where '
            || cast(cast(round(volumes.usual) as bigint) as string)
            || ' are usual on such a day' as string
        ) as detail
    from volumes
)

select * from judged
