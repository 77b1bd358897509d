with lines as (
    select * from {{ ref('int_payslip_lines_converted') }}
),

pay_runs as (
    select * from {{ ref('int_pay_runs_conformed') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

contracted_hours as (
    select * from {{ ref('int_contracted_hours_conformed') }}
),

-- A strike is no leave: who is on strike stays a full-pay relevant employee.
leave as (
    select * from {{ ref('int_leaves_conformed') }}
    where
        pay_effect in ('reduced_pay', 'unpaid')
        and leave_kind <> 'industrial_action'
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

companies_ended as (
    select * from {{ ref('int_companies_ended') }}
),

regimes as (
    {{ pay_gap_regimes_of(['full_pay_relevant']) }}
),

paid_runs as (
    select * from pay_runs
    where status = 'paid'
),

companies as (
    select
        paid_runs.company_id,
        min(paid_runs.period_starts_on) as first_paid_on
    from paid_runs
    group by paid_runs.company_id
),

currencies as (
    select
        lines.company_id,
        max(lines.currency) as currency,
        cast(extract(year from lines.period_ends_on) as bigint) as reference_year
    from lines
    group by lines.company_id, extract(year from lines.period_ends_on)
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
            cast(run_years.reference_year as string) || '-' || regimes.snapshot_day
            as date
        ) as snapshot_on
    from run_years
    cross join regimes
),

-- Snapshots whose pay period is closed and whose twelve months before are in payroll.
snapshots as (
    select
        dated.regime,
        dated.company_id,
        currencies.currency,
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
    left join currencies
        on
            dated.company_id = currencies.company_id
            and dated.reference_year = currencies.reference_year
    inner join reporting_period
        on
            paid_runs.period_ends_on
            < cast(
                {{ dbt.dateadd('month', 1, 'reporting_period.last_month_on') }} as date
            )
    left join companies_ended
        on dated.company_id = companies_ended.company_id
    where coalesce(paid_runs.period_ends_on < companies_ended.unknown_since_on, true)
    group by
        dated.regime,
        dated.company_id,
        currencies.currency,
        dated.reference_year,
        dated.snapshot_on
),

-- The last day worked is a day of employment here, though nobody is there at its close.
employed as (
    {{ employed_at_any_time_of('snapshot_on') }}
),

-- Overtime is no ordinary pay, nor is what is paid in place of leave or at the end.
period_lines as (
    select
        snapshots.regime,
        snapshots.snapshot_on,
        lines.*,
        cast({{ dbt.dateadd('day', 1, 'lines.period_ends_on') }} as date)
            as period_ends_before,
        coalesce(lines.paid_hours, 0) as hours
    from snapshots
    inner join lines
        on
            snapshots.company_id = lines.company_id
            and snapshots.snapshot_on >= lines.period_starts_on
            and snapshots.snapshot_on <= lines.period_ends_on
    where
        lines.employee_key is not null
        and lines.pay_kind in ('basic', 'piecework', 'allowance', 'bonus')
),

-- A month counts 30.44 days, a year 365.25; what is no whole number of months, its own.
measured_lines as (
    select
        period_lines.*,
        case
            when period_lines.pay_kind = 'bonus' then 'bonus'
            when period_lines.pay_kind = 'allowance' then 'allowance'
            else 'basic'
        end as pay_part,
        {{ dbt.datediff(
            'period_lines.period_starts_on', 'period_lines.period_ends_before', 'month'
        ) }} as whole_months,
        {{ dbt.datediff(
            'period_lines.period_starts_on', 'period_lines.period_ends_before', 'day'
        ) }} as calendar_days,
        extract(day from period_lines.period_starts_on)
        = extract(day from period_lines.period_ends_before) as is_of_months
    from period_lines
),

-- Hundredths of days, so that they are whole.
sized_lines as (
    select
        measured_lines.*,
        case
            when not measured_lines.is_of_months then 100 * measured_lines.calendar_days
            when mod(measured_lines.whole_months, 12) = 0
                then 36525 * measured_lines.whole_months / 12
            else 3044 * measured_lines.whole_months
        end as period_day_hundredths,
        case
            when mod(measured_lines.period_months, 12) = 0
                then 36525 * measured_lines.period_months / 12
            else 3044 * measured_lines.period_months
        end as bonus_day_hundredths
    from measured_lines
),

-- Of a bonus, what falls to the pay period; sums of decimals are of any order.
period_pay as (
    select
        sized_lines.regime,
        sized_lines.company_id,
        sized_lines.snapshot_on,
        sized_lines.employee_key,
        sum(case when sized_lines.pay_part = 'basic' then sized_lines.amount else 0 end)
            as basic_pay,
        sum(
            case
                when sized_lines.pay_part = 'allowance' then sized_lines.amount
                else 0
            end
        ) as allowance_pay,
        sum(
            case
                when sized_lines.pay_part = 'bonus'
                    then
                        cast(
                            cast(sized_lines.amount as double)
                            * sized_lines.period_day_hundredths
                            / sized_lines.bonus_day_hundredths
                            as decimal(28, 8)
                        )
                else 0
            end
        ) as bonus_share,
        sum(case when sized_lines.pay_part = 'basic' then sized_lines.hours else 0 end)
            as basic_hours,
        sum(
            case
                when sized_lines.pay_part = 'allowance' then sized_lines.hours
                else 0
            end
        ) as allowance_hours,
        max(sized_lines.period_day_hundredths) as period_day_hundredths,
        max(
            case
                when sized_lines.pay_part = 'bonus' and sized_lines.is_period_assumed
                    then 1
                else 0
            end
        ) as assumed_lines,
        max(case when sized_lines.is_hours_assumed then 1 else 0 end)
            as lines_of_assumed_hours,
        max(case when sized_lines.is_converted then 1 else 0 end) as converted_lines
    from sized_lines
    group by
        sized_lines.regime,
        sized_lines.company_id,
        sized_lines.snapshot_on,
        sized_lines.employee_key
),

ranked_hours as (
    select
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        contracted_hours.employee_key,
        contracted_hours.weekly_hours,
        contracted_hours.is_assumed,
        row_number() over (
            partition by
                snapshots.regime,
                snapshots.company_id,
                snapshots.snapshot_on,
                contracted_hours.employee_key
            order by contracted_hours.effective_from desc nulls last
        ) as hours_rank
    from snapshots
    inner join contracted_hours
        on snapshots.snapshot_on >= contracted_hours.effective_from
),

contracts as (
    select * from ranked_hours
    where hours_rank = 1
),

bonuses as (
    select
        snapshots.regime,
        snapshots.company_id,
        snapshots.snapshot_on,
        lines.employee_key,
        sum(lines.amount) as bonus_pay,
        max(case when lines.is_converted then 1 else 0 end) as converted_lines
    from snapshots
    inner join lines
        on
            snapshots.company_id = lines.company_id
            and snapshots.bonuses_paid_after < lines.paid_on
            and snapshots.snapshot_on >= lines.paid_on
    where
        lines.employee_key is not null
        and lines.pay_kind = 'bonus'
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

joined as (
    select
        candidates.employee_key,
        candidates.regime,
        candidates.company_id,
        snapshots.currency,
        snapshots.reference_year,
        cast(coalesce(period_pay.basic_pay, 0) as decimal(18, 2)) as basic_pay,
        cast(coalesce(period_pay.allowance_pay, 0) as decimal(18, 2))
        + cast(coalesce(period_pay.bonus_share, 0) as decimal(28, 8)) as component_pay,
        coalesce(period_pay.basic_pay, 0) + coalesce(period_pay.allowance_pay, 0)
            as ordinary_pay,
        cast(coalesce(bonuses.bonus_pay, 0) as decimal(18, 2)) as bonus_pay,
        case
            when period_pay.basic_hours > 0 then period_pay.basic_hours
            else coalesce(period_pay.allowance_hours, 0)
        end as paid_hours,
        contracts.weekly_hours as contracted_hours,
        period_pay.period_day_hundredths,
        employed.employee_key is not null as is_employed,
        on_reduced_pay.employee_key is not null as is_on_reduced_pay,
        coalesce(period_pay.assumed_lines, 0) = 1 as is_assumed,
        case
            when contracts.weekly_hours > 0 then coalesce(contracts.is_assumed, false)
            else coalesce(period_pay.lines_of_assumed_hours, 0) = 1
        end as is_hours_assumed,
        coalesce(period_pay.converted_lines, 0) = 1
        or coalesce(bonuses.converted_lines, 0) = 1 as is_converted,
        candidates.snapshot_on as reference_on
    from candidates
    inner join snapshots
        on
            candidates.regime = snapshots.regime
            and candidates.company_id = snapshots.company_id
            and candidates.snapshot_on = snapshots.snapshot_on
    {% for part in [
        'employed', 'period_pay', 'bonuses', 'on_reduced_pay', 'contracts'
    ] -%}
    left join {{ part }}
        on
            candidates.regime = {{ part }}.regime
            and candidates.company_id = {{ part }}.company_id
            and candidates.snapshot_on = {{ part }}.snapshot_on
            and candidates.employee_key = {{ part }}.employee_key
    {% endfor %}
),

-- The hours of a week are the contract's; where none is known, those that pay was for.
-- Hours and pay are whole numbers here, so that equal rates are equal doubles.
timed as (
    select
        joined.*,
        joined.basic_pay + joined.component_pay as gross_pay,
        case
            when joined.contracted_hours > 0 then joined.contracted_hours
            when joined.paid_hours > 0
                then 700 * joined.paid_hours / joined.period_day_hundredths
        end as weekly_hours,
        case
            when joined.contracted_hours > 0
                then
                    cast(joined.period_day_hundredths as double)
                    * cast(round(joined.contracted_hours * 100) as double)
            when joined.paid_hours > 0
                then 700 * cast(round(joined.paid_hours * 100) as double)
        end as hour_units
    from joined
),

reasoned as (
    select
        timed.*,
        case
            when not timed.is_employed then 'not_employed_on_snapshot'
            when timed.is_on_reduced_pay then 'reduced_pay_leave'
            when timed.ordinary_pay <= 0 then 'no_ordinary_pay'
            when timed.hour_units is null then 'no_hours'
            else 'full_pay_relevant'
        end as population_reason
    from timed
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
        cast(reasoned.component_pay as decimal(28, 8)) as component_pay,
        reasoned.bonus_pay,
        cast(reasoned.gross_pay as decimal(28, 8)) as gross_pay,
        cast(reasoned.paid_hours as decimal(18, 2)) as paid_hours,
        cast(reasoned.weekly_hours as decimal(18, 4)) as weekly_hours,
        {% for part in ['gross', 'basic', 'component'] -%}
        7 * cast(round(reasoned.{{ part }}_pay * 100000000) as double)
        / (10000 * reasoned.hour_units) as hourly_{{ part }},
        {% endfor -%}
        {% for part in ['gross', 'basic', 'component'] -%}
        cast(null as double) as annualised_{{ part }},
        {% endfor -%}
        reasoned.population_reason in ('full_pay_relevant', 'no_hours')
            as is_in_population,
        reasoned.is_employed as is_in_component_population,
        reasoned.bonus_pay > 0 as has_components,
        cast(null as boolean) as has_in_kind,
        reasoned.is_assumed,
        reasoned.is_hours_assumed,
        reasoned.is_converted,
        reasoned.reference_on
    from reasoned
)

select * from flagged
