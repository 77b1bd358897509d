with runs as (
    select * from {{ ref('int_runs') }}
),

loads as (
    select * from {{ ref('int_loads') }}
),

-- Where nobody has looked yet, nothing is late.
looks as (
    select
        max(runs.load_id) as load_id,
        (select max(loads.loaded_at) from loads) as loaded_at
    from runs
    where runs.observed_at is not null
),

observed as (
    select coalesce(runs.observed_at, looks.loaded_at) as observed_at
    from looks
    left join runs
        on looks.load_id = runs.load_id
)

select * from observed
