{{ config(severity='warn', group='talent_acquisition') }}

-- A stage that the seed `application_stages` does not know moves no application on.
with stage_changes as (
    select * from {{ ref('stg_ats__stage_changes') }}
    where known_to = {{ never() }}
),

application_stages as (
    select * from {{ ref('application_stages') }}
)

select
    stage_changes.stage_name,
    count(*) as stage_changes
from stage_changes
left join application_stages
    on lower(stage_changes.stage_name) = application_stages.stage_name
where application_stages.stage_name is null
group by stage_changes.stage_name
