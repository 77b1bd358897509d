create view ledger_requisitions as
select
    requisition_id,
    title,
    designation,
    department,
    branch,
    openings,
    case when is_cancelled then 'Cancelled' else 'Filled' end as status,
    opened_on,
    closed_on
from requisitions
order by requisition_id;

create view ledger_applications as
select
    application_id,
    requisition_id,
    candidate_name,
    candidate_email,
    employee_number,
    channel,
    outcome,
    is_internal,
    employment_id,
    person_id,
    applied_on,
    decided_on
from applications
order by application_id;

create view ledger_stage_changes as
select * from stage_changes
order by stage_change_id;
