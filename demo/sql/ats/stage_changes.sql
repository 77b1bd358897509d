create table stage_changes as
with steps as (
    select
        *,
        unnest(range(stages)) as step
    from applications
),

dated as (
    select
        application_id,
        application_number,
        step,
        case
            when step = stages - 1 then outcome
            else ['Applied', 'Screening', 'Interview', 'Offer'][step + 1]
        end as stage,
        case
            when step = 0 then applied_on
            when step = stages - 1 then decided_on
            else applied_on + cast(floor(
                (decided_on - applied_on)
                * [0, 0.2, 0.55, 0.85][step + 1]
            ) as integer)
        end as changed_on,
        md5_number_lower(application_id || '|' || luck || '|' || step)
            as comment_luck
    from steps
)

select
    printf('S-%08d', row_number() over (
        order by changed_on, application_number, step
    )) as stage_change_id,
    application_id,
    stage,
    changed_on,
    case when step > 0 then nullif(($comments)[
        cast(comment_luck % len($comments) as integer) + 1
    ], '') end as comment
from dated;
