{#- The stages in the order of the process; the last two end it from any other. -#}
{% set stages = [
    'applied', 'screened', 'interviewed', 'offered', 'accepted', 'rejected',
    'withdrawn',
] %}
{% set furthest_open_rank = 4 %}

with applications as (
    select * from {{ ref('stg_ats__applications') }}
    where known_to = {{ never() }}
),

requisitions as (
    select * from {{ ref('stg_ats__requisitions') }}
    where known_to = {{ never() }}
),

stage_changes as (
    select * from {{ ref('stg_ats__stage_changes') }}
    where known_to = {{ never() }}
),

application_stages as (
    select * from {{ ref('application_stages') }}
),

ranked_changes as (
    select
        stage_changes.stage_change_id,
        stage_changes.application_id,
        application_stages.stage,
        case application_stages.stage
            {% for stage in stages -%}
            when '{{ stage }}' then {{ loop.index }}
            {% endfor %}
        end as stage_rank,
        stage_changes.changed_on
    from stage_changes
    inner join application_stages
        on lower(stage_changes.stage_name) = application_stages.stage_name
),

-- The last change tells how it ended: of two on a day, the one later in the process.
numbered_changes as (
    select
        ranked_changes.*,
        row_number() over (
            partition by ranked_changes.application_id
            order by
                ranked_changes.changed_on desc nulls last,
                ranked_changes.stage_rank desc nulls last,
                ranked_changes.stage_change_id desc nulls last
        ) as change_number_from_end
    from ranked_changes
),

last_changes as (
    select * from numbered_changes
    where change_number_from_end = 1
),

-- How far it came before it was decided.
furthest_ranks as (
    select
        ranked_changes.application_id,
        max(ranked_changes.stage_rank) as furthest_rank
    from ranked_changes
    where ranked_changes.stage_rank <= {{ furthest_open_rank }}
    group by ranked_changes.application_id
),

decided as (
    select
        applications.application_id,
        applications.requisition_id,
        applications.employee_number,
        applications.status,
        requisitions.department_label,
        requisitions.branch_label,
        case
            when last_changes.stage_rank > {{ furthest_open_rank }}
                then last_changes.stage
            else 'open'
        end as outcome,
        case
            when last_changes.stage = 'accepted' then 'accepted'
            {% for stage in stages[1:furthest_open_rank] -%}
            when furthest_ranks.furthest_rank = {{ loop.index + 1 }} then '{{ stage }}'
            {% endfor -%}
            else 'applied'
        end as furthest_stage,
        requisitions.opened_on,
        applications.applied_on,
        case when last_changes.stage = 'accepted' then last_changes.changed_on end
            as accepted_on,
        case
            when last_changes.stage_rank > {{ furthest_open_rank }}
                then last_changes.changed_on
        end as decided_on
    from applications
    left join requisitions
        on applications.requisition_id = requisitions.requisition_id
    left join last_changes
        on applications.application_id = last_changes.application_id
    left join furthest_ranks
        on applications.application_id = furthest_ranks.application_id
)

select * from decided
