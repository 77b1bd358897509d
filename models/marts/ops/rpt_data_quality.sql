with loads as (
    select * from {{ ref('int_loads') }}
    where delivered > 0
),

quarantined as (
    select * from {{ ref('int_files_in_quarantine') }}
),

set_aside as (
    select * from {{ ref('int_set_aside_risen') }}
),

ranked_loads as (
    select
        loads.*,
        row_number() over (
            partition by loads.source_name, loads.resource
            order by loads.loaded_at desc nulls last, loads.run_id desc nulls last
        ) as age
    from loads
),

rejected as (
    select
        'rejected' as kind,
        ranked_loads.source_name || '.' || ranked_loads.resource as subject,
        ranked_loads.rejected as records,
        {{ var('largest_rejected_share_pct') }} / 100.0 * ranked_loads.delivered
            as allowed,
        ranked_loads.loaded_at as since_at,
        'rejected rows of the last delivery' as words
    from ranked_loads
    where ranked_loads.age = 1
),

in_quarantine as (
    select
        'quarantined' as kind,
        quarantined.source_name || '.' || quarantined.resource as subject,
        quarantined.files as records,
        0.0 as allowed,
        quarantined.since_at,
        'files in quarantine' as words
    from quarantined
),

risen as (
    select
        'set_aside' as kind,
        set_aside.rule
        || ' of '
        || set_aside.source_name
        || '.'
        || set_aside.resource as subject,
        set_aside.records,
        set_aside.allowed,
        set_aside.begun_at as since_at,
        'records that are not taken as they are, more than before' as words
    from set_aside
    where not set_aside.is_past_bound
),

unioned as (
    select * from rejected
    union all
    select * from in_quarantine
    union all
    select * from risen
),

judged as (
    select
        cast(unioned.kind as string) as kind,
        cast(unioned.subject as string) as subject,
        cast(unioned.records as bigint) as records,
        cast(unioned.allowed as double) as allowed,
        coalesce(unioned.records > unioned.allowed, false) as is_above,
        cast(unioned.since_at as timestamp) as since_at,
        cast(
            unioned.words || ': ' || cast(cast(unioned.records as bigint) as string)
            as string
        ) as detail
    from unioned
)

select * from judged
