-- What the system showed of each record, by the day it changed. A drop holds the newest
-- state of what changed since the one before.
set variable first_drop = $first_drop;

create macro day_text(day) as coalesce(strftime(day, '%d.%m.%Y'), '');

create macro field_text(content) as case
    when regexp_matches(coalesce(content, ''), '[;"\n\r]')
        then '"' || replace(content, '"', '""') || '"'
    else coalesce(content, '')
end;

create macro drop_day(day) as greatest(
    getvariable('first_drop'), cast(date_trunc('week', day) as date) + 7
);

create table requisitions_shown as
with states as (
    select
        *,
        opened_on as changed_on,
        'Open' as status
    from requisitions
    union all
    select
        *,
        opened_on + 14 as changed_on,
        'On hold' as status
    from requisitions
    where was_on_hold
    union all
    select
        *,
        opened_on + 24 as changed_on,
        'Open' as status
    from requisitions
    where was_on_hold
    union all
    select
        *,
        closed_on as changed_on,
        case when is_cancelled then 'Cancelled' else 'Filled' end as status
    from requisitions
)

select
    drop_day(changed_on) as dropped_on,
    requisition_id as id,
    concat_ws(
        ';',
        requisition_id,
        field_text(title),
        field_text(department),
        field_text(branch),
        day_text(opened_on),
        case
            when status in ('Filled', 'Cancelled')
                then day_text(closed_on)
            else ''
        end,
        openings,
        status
    ) as line
from states
qualify row_number() over (
    partition by requisition_id, dropped_on order by changed_on desc
) = 1;

create table applications_shown as
with changes as (
    select
        applications.*,
        changes.changed_on,
        changes.stage_change_id,
        case
            when changes.stage = 'Applied' then 'New'
            when changes.stage = 'Accepted' then 'Hired'
            when changes.stage in ('Rejected', 'Withdrawn') then changes.stage
            else 'In process'
        end as status
    from stage_changes as changes
    inner join applications
        on changes.application_id = applications.application_id
)

select
    drop_day(changed_on) as dropped_on,
    application_id as id,
    concat_ws(
        ';',
        application_id,
        requisition_id,
        field_text(candidate_name),
        candidate_email,
        day_text(applied_on),
        coalesce(employee_number, ''),
        status
    ) as line,
    field_text(channel) as channel_text
from changes
qualify row_number() over (
    partition by application_id, dropped_on order by stage_change_id desc
) = 1;

create table stage_changes_shown as
select
    drop_day(changed_on) as dropped_on,
    stage_change_id as id,
    concat_ws(
        ';',
        stage_change_id,
        application_id,
        stage,
        day_text(changed_on),
        field_text(comment)
    ) as line,
    concat_ws(
        ';',
        stage_change_id,
        application_id,
        day_text(changed_on),
        field_text(comment)
    ) as line_without_stage
from stage_changes;
