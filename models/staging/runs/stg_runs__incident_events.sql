with incident_events as (
    select * from {{ source('runs', 'incident_events') }}
),

renamed as (
    select
        cast(incident_events.run_id as string) as run_id,
        cast(incident_events.incident_id as string) as incident_id,
        cast(incident_events.check_name as string) as check_name,
        cast(incident_events.subject as string) as subject,
        cast(incident_events.severity as string) as severity,
        cast(incident_events.owner as string) as owned_by,
        cast(incident_events.event as string) as happened,
        cast(incident_events.detail as string) as detail,
        cast(incident_events.runbook as string) as runbook,
        cast(incident_events.sink as string) as sink,
        cast(incident_events.ticket as string) as ticket,
        cast(incident_events.recorded_at as timestamp) as recorded_at,
        cast(incident_events._dlt_load_id as string) as load_id
    from incident_events
)

select * from renamed
