with noted as (
    select * from {{ ref('stg_runs__incident_events') }}
),

events as (
    select
        noted.run_id,
        noted.incident_id,
        noted.check_name,
        noted.subject,
        noted.severity,
        noted.owned_by,
        noted.happened,
        noted.detail,
        noted.runbook,
        noted.recorded_at,
        noted.load_id,
        row_number() over (
            partition by noted.incident_id order by noted.load_id asc nulls last
        ) as event_number,
        row_number() over (
            partition by noted.incident_id order by noted.load_id desc nulls last
        ) as age
    from noted
    where noted.happened <> 'told'
)

select * from events
