create view ledger_pay_runs as
with versions as (
    select
        *,
        'draft' as status,
        drafted_at as recorded_at,
        paid_on + interval 14 hour as retracted_at
    from runs

    union all

    select
        *,
        'paid' as status,
        paid_on + interval 14 hour as recorded_at,
        null as retracted_at
    from runs
)

select
    pay_run_id,
    company,
    period_start,
    cast(next_start - 1 as date) as period_end,
    paid_on,
    currency,
    status,
    recorded_at,
    retracted_at
from versions
order by recorded_at, pay_run_id;

-- A touched payslip is written again, unchanged, as real systems do.
create view ledger_payslips as
with reversed_slips as (
    select
        reversals.payslip_id,
        originals.payslip_id as reversal_of
    from slips as reversals
    inner join slips as originals
        on
            reversals.employment_id = originals.employment_id
            and reversals.from_on = originals.from_on
            and reversals.company = originals.company
            and originals.kind = 'original'
    where reversals.kind = 'reversal'
),

versions as (
    select
        *,
        slip_at as recorded_at,
        case when is_touched then touched_at end as retracted_at
    from slips

    union all

    select
        *,
        touched_at as recorded_at,
        null as retracted_at
    from slips
    where is_touched
)

select
    versions.payslip_id,
    versions.run_id as pay_run_id,
    versions.person_id,
    versions.employment_id,
    versions.employee_number,
    reversed_slips.reversal_of,
    versions.kind,
    versions.recorded_at,
    versions.retracted_at
from versions
left join reversed_slips on versions.payslip_id = reversed_slips.payslip_id
order by versions.recorded_at, versions.payslip_id;

create view ledger_payslip_lines as
select
    dense_rank() over (order by payslip_id, line_number) as line_id,
    payslip_id,
    line_type,
    description,
    amount,
    hours,
    recorded_at,
    retracted_at
from line_versions
order by recorded_at, line_id;
