with loads as (
    select * from {{ ref('int_loads') }}
),

observed as (
    select * from {{ ref('int_observed') }}
),

cadences as (
    {{ cadences() }}
),

last_loads as (
    select
        loads.source_name,
        max(loads.loaded_at) as last_loaded_at
    from loads
    where loads.is_whole_source
    group by loads.source_name
),

aged as (
    select
        last_loads.source_name,
        last_loads.last_loaded_at,
        observed.observed_at,
        cadences.cadence,
        cadences.late_after_seconds,
        cast(
            {{ dbt.datediff(
                'last_loads.last_loaded_at', 'observed.observed_at', 'second'
            ) }} as bigint
        ) as age_seconds
    from last_loads
    cross join observed
    left join cadences
        on last_loads.source_name = cadences.source_name
),

judged as (
    select
        aged.source_name as subject,
        cast(aged.cadence as string) as cadence,
        cast(aged.late_after_seconds as bigint) as late_after_seconds,
        cast(aged.last_loaded_at as timestamp) as since_at,
        cast(aged.observed_at as timestamp) as observed_at,
        aged.age_seconds,
        coalesce(aged.age_seconds > aged.late_after_seconds, false) as is_late,
        cast(
            'last loaded ' || cast(
                floor(aged.age_seconds / 3600.0) as bigint
            )
            || ' hours ago, due '
            || coalesce(aged.cadence, 'at no known time') as string
        ) as detail
    from aged
)

select * from judged
