-- The first draft of some payslips claims two hours of overtime too many.
create table line_versions as
with drafts as (
    select
        *,
        1 as version,
        paid_overtime_hours
        + case when is_corrected_in_draft then 2 else 0 end as extra_hours
    from slips

    union all

    select
        *,
        2 as version,
        paid_overtime_hours as extra_hours
    from slips
    where is_corrected_in_draft
),

gross as (
    select
        *,
        cast(round(hourly_pay * base_hours, 2) as decimal(18, 2)) as base,
        cast(round(hourly_pay * extra_hours * 1.25, 2) as decimal(18, 2))
            as overtime
    from drafts
),

summed as (
    select
        *,
        cast(
            base + coalesce(overtime, 0) + coalesce(bonus, 0)
            + coalesce(allowance, 0) as decimal(18, 2)
        ) as gross_pay,
        case when kind = 'reversal' then -1 else 1 end as direction
    from gross
),

taxed as (
    select
        *,
        cast(-round(gross_pay * 0.19, 2) as decimal(18, 2)) as tax,
        cast(-round(gross_pay * 0.11, 2) as decimal(18, 2)) as insurance,
        cast(round(gross_pay * 0.205, 2) as decimal(18, 2)) as employer_cost
    from summed
),

lines as (
    select
        payslip_id,
        version,
        slip_at,
        redrafted_at,
        is_corrected_in_draft,
        direction,
        base_hours,
        extra_hours,
        unnest([
            { 'n': 1, 't': 'base', 'd': 'Basic pay', 'a': base },
            { 'n': 2, 't': 'bonus', 'd': case
                when
                    month(period_start) = bonus_month
                    and part(luck, 0) < 0.5 then 'Annual bonus'
                else 'Spot bonus'
            end, 'a': bonus },
            {
                'n': 3, 't': 'allowance', 'd': 'Travel allowance',
                'a': allowance
            },
            {
                'n': 4, 't': 'overtime', 'd': 'Overtime at 125 %',
                'a': overtime
            },
            { 'n': 5, 't': 'deduction', 'd': 'Income tax', 'a': tax },
            {
                'n': 6, 't': 'deduction', 'd': 'Social insurance',
                'a': insurance
            },
            {
                'n': 7, 't': 'employer_cost',
                'd': 'Employer''s social insurance', 'a': employer_cost
            },
            {
                'n': 8, 't': 'pay_in_kind', 'd': 'Company car',
                'a': pay_in_kind
            },
            {
                'n': 9, 't': 'pension_contribution',
                'd': 'Employer''s share of the pension', 'a': pension
            },
            { 'n': 10, 't': 'severance', 'd': 'Severance', 'a': severance }
        ]) as line
    from taxed
)

select
    payslip_id,
    line.n as line_number,
    version,
    line.t as line_type,
    line.d as description,
    cast(line.a * direction as decimal(18, 2)) as amount,
    cast(case line.n
        when 1 then base_hours * direction
        when 4 then extra_hours * direction
    end as decimal(9, 2)) as hours,
    case when version = 1 then slip_at else redrafted_at end as recorded_at,
    case
        when version = 1 and is_corrected_in_draft and line.n >= 4
            then redrafted_at
    end as retracted_at
from lines
where line.a is not null and (version = 1 or line.n >= 4);
