with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

pay_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
),

leave as (
    select * from {{ ref('int_pay_reducing_leave_linked') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

regimes as (
    {{ pay_gap_regimes_of('full_pay_relevant') }}
),

paid_runs as (
    select * from pay_runs
    where status = 'paid'
),

companies as (
    select
        paid_runs.company_id,
        max(paid_runs.currency) as currency,
        min(paid_runs.period_starts_on) as first_paid_on
    from paid_runs
    group by paid_runs.company_id
),

run_years as (
    select distinct
        paid_runs.company_id,
        cast(extract(year from paid_runs.period_ends_on) as bigint) as reference_year
    from paid_runs
),

dated as (
    select
        regimes.regime,
        run_years.company_id,
        run_years.reference_year,
        cast(
            cast(run_years.reference_year as string) || '-' || regimes.snapshot as date
        ) as snapshot_on
    from run_years
    cross join regimes
),

-- Snapshots whose pay period is closed and whose twelve months before are in payroll.
snapshots as (
    select
        dated.regime,
        dated.company_id,
        companies.currency,
        dated.reference_year,
        dated.snapshot_on,
        cast({{ dbt.dateadd('year', -1, 'dated.snapshot_on') }} as date)
            as bonuses_paid_after,
        min(paid_runs.period_starts_on) as period_starts_on,
        max(paid_runs.period_ends_on) as period_ends_on
    from dated
    inner join companies
        on
            dated.company_id = companies.company_id
            and companies.first_paid_on
            <= cast({{ dbt.dateadd(
                'day', 1, dbt.dateadd('year', -1, 'dated.snapshot_on')
            ) }} as date)
    inner join paid_runs
        on
            dated.company_id = paid_runs.company_id
            and dated.snapshot_on >= paid_runs.period_starts_on
            and dated.snapshot_on <= paid_runs.period_ends_on
    inner join reporting_period
        on
            paid_runs.period_ends_on
            < cast(
                {{ dbt.dateadd('month', 1, 'reporting_period.last_month_on') }} as date
            )
    group by
        dated.regime,
        dated.company_id,
        companies.currency,
        dated.reference_year,
        dated.snapshot_on
),

employed as (
    select distinct
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        history.employee_key
    from snapshots
    inner join history
        on
            snapshots.company_id = history.company_id
            and snapshots.snapshot_on >= history.effective_from
            and snapshots.snapshot_on < history.effective_to
),

-- Overtime is no ordinary pay, so neither are its hours.
period_pay as (
    select
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        lines.employee_key,
        sum(case when lines.line_type = 'base' then lines.amount else 0 end)
            as basic_pay,
        sum(case when lines.line_type = 'base' then 0 else lines.amount end)
            as component_pay,
        sum(
            case
                when lines.line_type = 'base' then coalesce(lines.paid_hours, 0)
                else 0
            end
        ) as paid_hours
    from snapshots
    inner join lines
        on
            snapshots.company_id = lines.company_id
            and snapshots.snapshot_on >= lines.period_starts_on
            and snapshots.snapshot_on <= lines.period_ends_on
    where
        lines.employee_key is not null
        and lines.line_type in ('base', 'bonus', 'allowance')
    group by
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        lines.employee_key
),

bonuses as (
    select
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        lines.employee_key,
        sum(lines.amount) as bonus_pay
    from snapshots
    inner join lines
        on
            snapshots.company_id = lines.company_id
            and snapshots.bonuses_paid_after < lines.paid_on
            and snapshots.snapshot_on >= lines.paid_on
    where
        lines.employee_key is not null
        and lines.line_type = 'bonus'
    group by
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        lines.employee_key
),

on_reduced_pay as (
    select distinct
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        leave.employee_key
    from snapshots
    inner join leave
        on
            snapshots.period_ends_on >= leave.starts_on
            and snapshots.period_starts_on <= leave.ends_on
),

candidates as (
    select
        employed.regime,
        employed.company_id,
        employed.snapshot_on,
        employed.employee_key
    from employed
    union distinct
    select
        period_pay.regime,
        period_pay.company_id,
        period_pay.snapshot_on,
        period_pay.employee_key
    from period_pay
),

reasoned as (
    select
        candidates.employee_key,
        candidates.regime,
        candidates.company_id,
        snapshots.currency,
        case
            when employed.employee_key is null then 'not_employed_on_snapshot'
            when on_reduced_pay.employee_key is not null then 'reduced_pay_leave'
            when coalesce(period_pay.basic_pay, 0) <= 0 then 'no_basic_pay'
            when period_pay.paid_hours <= 0 then 'no_paid_hours'
            else 'full_pay_relevant'
        end as population_reason,
        snapshots.reference_year,
        coalesce(period_pay.basic_pay, 0) as basic_pay,
        coalesce(period_pay.component_pay, 0) as component_pay,
        coalesce(bonuses.bonus_pay, 0) as bonus_pay,
        coalesce(period_pay.basic_pay, 0) + coalesce(period_pay.component_pay, 0)
            as gross_pay,
        coalesce(period_pay.paid_hours, 0) as paid_hours,
        employed.employee_key is not null as is_in_component_population,
        coalesce(bonuses.bonus_pay, 0) > 0 as has_components,
        candidates.snapshot_on as reference_on
    from candidates
    inner join snapshots
        on
            candidates.regime = snapshots.regime
            and candidates.company_id = snapshots.company_id
            and candidates.snapshot_on = snapshots.snapshot_on
    {% for part in ['employed', 'period_pay', 'bonuses', 'on_reduced_pay'] -%}
    left join {{ part }}
        on
            candidates.regime = {{ part }}.regime
            and candidates.company_id = {{ part }}.company_id
            and candidates.snapshot_on = {{ part }}.snapshot_on
            and candidates.employee_key = {{ part }}.employee_key
    {% endfor %}
),

flagged as (
    select
        reasoned.employee_key,
        reasoned.regime,
        reasoned.company_id,
        reasoned.currency,
        reasoned.population_reason,
        reasoned.reference_year,
        reasoned.basic_pay,
        reasoned.component_pay,
        reasoned.bonus_pay,
        reasoned.gross_pay,
        reasoned.paid_hours,
        reasoned.population_reason = 'full_pay_relevant' as is_in_population,
        reasoned.is_in_component_population,
        reasoned.has_components,
        reasoned.reference_on
    from reasoned
)

select * from flagged
