create table hours_spells as
select
    employment_id,
    weekly_hours,
    effective_on as from_on,
    coalesce(lead(effective_on) over (
        partition by employment_id order by effective_on, recorded_at
    ), date '9999-12-31') as until_on
from contracted_hours;

create table grade_ranks as
select
    grade,
    dense_rank() over (order by grade) as grade_rank
from (
    select distinct grade from grade_spells
    where grade is not null
);

-- A month in two companies, or two employments in a month, are two payslips.
create table stays as
select
    runs.pay_run_id,
    runs.company,
    runs.period_start,
    runs.next_start,
    runs.pay_level,
    runs.bonus_month,
    spells.employment_id,
    spells.person_id,
    greatest(spells.from_on, runs.period_start) as from_on,
    least(spells.until_on, runs.next_start) as until_on
from runs
inner join company_spells as spells
    on
        runs.company = spells.company
        and spells.from_on < runs.next_start
        and spells.until_on > runs.period_start;

create table earnings as
with placed as (
    select
        stays.*,
        people.employee_number,
        coalesce(ranks.grade_rank, 3) as grade_rank,
        coalesce(hours.weekly_hours, employments.weekly_hours, 40)
            as weekly_hours,
        employments.started_on,
        coalesce(
            employments.exit_kind = 'involuntary'
            and employments.ended_on = stays.until_on,
            false
        ) as is_dismissed,
        people.gender,
        chance('payslip', stays.employment_id, stays.from_on) as luck,
        chance('corrected', stays.employment_id, stays.from_on) as fate,
        chance('pay', stays.person_id, '') as talent,
        (stays.until_on - stays.from_on)
        / cast(stays.next_start - stays.period_start as double) as share
    from stays
    inner join employments
        on stays.employment_id = employments.employment_id
    inner join people on stays.person_id = people.person_id
    left join hours_spells as hours
        on
            stays.employment_id = hours.employment_id
            and stays.until_on - 1 >= hours.from_on
            and stays.until_on - 1 < hours.until_on
    left join grade_spells as grades
        on
            stays.employment_id = grades.employment_id
            and stays.until_on - 1 >= grades.from_on
            and stays.until_on - 1 < grades.until_on
    left join grade_ranks as ranks on grades.grade = ranks.grade
),

priced as (
    select
        *,
        cast(round(
            (11 + 4.5 * power(grade_rank, 1.3)) * pay_level
            * (0.93 + 0.14 * part(talent, 0))
            * case
                when lower(trim(gender)) = 'female' then 0.97 else 1.0
            end
            * power(1.025, year(period_start) - 2020),
            2
        ) as decimal(9, 2)) as hourly_pay
    from placed
)

select
    *,
    cast(round(weekly_hours * 52 / 12 * share, 2) as decimal(9, 2))
        as base_hours,
    case
        when part(talent, 1) < 0.35
            then cast(round(85 * share, 2) as decimal(18, 2))
    end as allowance,
    case
        when grade_rank >= 4 and part(talent, 1) < 0.2
            then cast(round(420 * pay_level * share, 2) as decimal(18, 2))
    end as pay_in_kind,
    case
        when part(talent, 1) < 0.35
            then cast(round(
                hourly_pay * weekly_hours * 52 / 12 * share * 0.04, 2
            ) as decimal(18, 2))
    end as pension,
    case
        when is_dismissed
            then cast(round(
                hourly_pay * weekly_hours * 52 / 12 * 0.5
                * greatest(1, year(until_on) - year(started_on)),
                2
            ) as decimal(18, 2))
    end as severance,
    case
        when
            month(period_start) = bonus_month
            and year(started_on) < year(period_start)
            and grade_rank >= 3
            and part(luck, 0) < 0.5
            then cast(round(
                hourly_pay * weekly_hours * 52 * (0.03 + 0.09 * part(luck, 1)),
                2
            ) as decimal(18, 2))
        when part(luck, 0) > 0.985
            then cast(250 + 50 * floor(part(luck, 1) * 16) as decimal(18, 2))
    end as bonus,
    cast(case
        when part(luck, 2) < 0.18 then 0.25 * (4 + floor(part(luck, 3) * 45))
    end as decimal(9, 2)) as overtime_hours,
    part(fate, 0) < 0.01 as is_reversed,
    case when part(fate, 1) < 0.7 then 1 else 2 end as months_later,
    cast(0.25 * (2 + floor(part(fate, 2) * 30)) as decimal(9, 2))
        as unseen_overtime_hours,
    part(fate, 3) < 0.03 as is_redrafted,
    part(fate, 3) > 0.997 as is_touched
from priced;

create table slips as
with originals as (
    select
        earnings.*,
        'original' as kind,
        overtime_hours as paid_overtime_hours,
        is_redrafted and overtime_hours is not null as is_corrected_in_draft,
        pay_run_id as run_id
    from earnings
),

later as (
    select
        earnings.*,
        runs.pay_run_id as run_id
    from earnings
    inner join runs
        on
            earnings.company = runs.company
            and runs.period_start
            = earnings.period_start + to_months(earnings.months_later)
    where earnings.is_reversed
),

kinds as (
    select * from originals

    union all by name

    select
        *,
        'reversal' as kind,
        overtime_hours as paid_overtime_hours,
        false as is_corrected_in_draft
    from later

    union all by name

    select
        *,
        'corrected' as kind,
        coalesce(overtime_hours, 0) + unseen_overtime_hours
            as paid_overtime_hours,
        false as is_corrected_in_draft
    from later
),

ranked as (
    select
        kinds.*,
        runs.drafted_at,
        runs.paid_on,
        row_number() over (
            partition by kinds.run_id
            order by
                kinds.kind, kinds.employee_number,
                kinds.employment_id, kinds.from_on
        ) as position
    from kinds
    inner join runs on kinds.run_id = runs.pay_run_id
)

select
    *,
    row_number() over (order by run_id, position) as payslip_id,
    drafted_at + to_seconds(3 * ((position - 1) // 250)) as slip_at,
    drafted_at + interval 1 day + to_minutes(position % 7) as redrafted_at,
    paid_on + interval 18 hour + to_minutes(position % 5) as touched_at
from ranked;
