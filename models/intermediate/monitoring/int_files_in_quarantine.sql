with landed_files as (
    select * from {{ ref('stg_runs__landed_files') }}
),

ranked_states as (
    select
        landed_files.*,
        max(landed_files.recorded_at) over () as newest_at,
        row_number() over (
            partition by
                landed_files.source_name,
                landed_files.resource,
                landed_files.inbox_path
            order by
                landed_files.recorded_at desc nulls last,
                landed_files.load_id desc nulls last,
                landed_files.status asc nulls last
        ) as age
    from landed_files
),

-- A month later nobody sends it any more.
quarantined as (
    select
        ranked_states.source_name,
        ranked_states.resource,
        count(*) as files,
        min(ranked_states.recorded_at) as since_at
    from ranked_states
    where
        ranked_states.age = 1
        and ranked_states.status = 'quarantined'
        and {{ dbt.dateadd('day', 31, 'ranked_states.recorded_at') }}
        > ranked_states.newest_at
    group by ranked_states.source_name, ranked_states.resource
)

select * from quarantined
