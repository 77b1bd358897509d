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

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

companies_ended as (
    select * from {{ ref('int_companies_ended') }}
),

regimes as (
    {{ pay_gap_regimes_of(['paid_in_the_year', 'employed_on_snapshot']) }}
),

companies as (
    select
        pay_runs.company_id,
        min(pay_runs.period_starts_on) as first_paid_on,
        max(pay_runs.period_ends_on) as last_paid_on
    from pay_runs
    where pay_runs.status = 'paid'
    group by pay_runs.company_id
),

-- A period counts in the year in which it ends. Overtime comes on top of the hours of
-- ordinary work; so may the hours that a bonus or an allowance names.
dated_lines as (
    select
        lines.*,
        regimes.regime,
        regimes.population,
        regimes.snapshot_day,
        case
            when lines.pay_kind in ('basic', 'piecework') then 'basic'
            else lines.pay_kind
        end as pay_part,
        coalesce(lines.paid_hours, 0) as hours,
        cast(extract(year from lines.period_ends_on) as bigint)
        + case
            when
                100 * extract(month from lines.period_ends_on)
                + extract(day from lines.period_ends_on)
                > cast(replace(regimes.snapshot_day, '-', '') as bigint)
                then 1
            else 0
        end as reference_year
    from lines
    cross join regimes
    where
        lines.employee_key is not null
        and lines.pay_kind not in ('deduction', 'employer_cost')
        and (
            regimes.population = 'paid_in_the_year'
            or lines.pay_kind not in ('leave_in_lieu', 'termination', 'pension')
        )
),

-- By a snapshot, what is given in kind is no pay by the hour, and a bonus for more than
-- twelve months counts with twelve of them.
counted as (
    select
        dated_lines.employee_key,
        dated_lines.regime,
        dated_lines.population,
        dated_lines.company_id,
        dated_lines.currency,
        dated_lines.pay_part,
        dated_lines.reference_year,
        dated_lines.hours,
        dated_lines.is_hours_assumed,
        dated_lines.is_period_assumed,
        dated_lines.is_converted,
        case when dated_lines.pay_part = 'in_kind' then dated_lines.amount else 0 end
            as in_kind_amount,
        case
            when dated_lines.population = 'paid_in_the_year' then dated_lines.amount
            when dated_lines.pay_part = 'in_kind' then 0
            when dated_lines.period_months > 12
                then
                    cast(
                        round(
                            cast(dated_lines.amount as double)
                            * 12 / dated_lines.period_months, 2
                        ) as decimal(18, 2)
                    )
            else dated_lines.amount
        end as amount,
        cast(
            cast(dated_lines.reference_year as string)
            || '-' || dated_lines.snapshot_day as date
        ) as year_ends_on
    from dated_lines
),

summed as (
    select
        counted.employee_key,
        counted.regime,
        counted.population,
        counted.company_id,
        max(counted.currency) as currency,
        counted.reference_year,
        counted.year_ends_on,
        cast({{ dbt.dateadd(
            'day', 1, dbt.dateadd('year', -1, 'counted.year_ends_on')
        ) }} as date) as year_starts_on,
        sum(
            case when counted.pay_part = 'basic' then counted.amount else 0 end
        ) as basic_pay,
        sum(
            case when counted.pay_part = 'basic' then 0 else counted.amount end
        ) as component_pay,
        sum(
            case when counted.pay_part = 'bonus' then counted.amount else 0 end
        ) as bonus_pay,
        sum(counted.amount) as gross_pay,
        sum(
            case
                when counted.pay_part in ('basic', 'overtime')
                    then counted.hours
                else 0
            end
        ) as paid_hours,
        sum(case when counted.pay_part = 'basic' then counted.hours else 0 end)
            as basic_hours,
        max(
            case
                when
                    counted.pay_part in ('basic', 'overtime')
                    and counted.is_hours_assumed
                    then 1
                else 0
            end
        ) as lines_of_assumed_hours,
        max(
            case
                when
                    counted.pay_part = 'bonus' and counted.is_period_assumed
                    then 1
                else 0
            end
        ) as bonuses_of_assumed_period,
        sum(counted.in_kind_amount) as in_kind_pay,
        max(case when counted.is_converted then 1 else 0 end) as converted_lines
    from counted
    group by
        counted.employee_key,
        counted.regime,
        counted.population,
        counted.company_id,
        counted.reference_year,
        counted.year_ends_on
),

-- Years that payroll paid from first day to last, whose last month is closed, and of
-- whose end all of the company's people are known.
years as (
    select
        summed.regime,
        summed.population,
        summed.company_id,
        max(summed.currency) as currency,
        summed.reference_year,
        summed.year_ends_on
    from summed
    inner join companies
        on
            summed.company_id = companies.company_id
            and summed.year_starts_on >= companies.first_paid_on
            and summed.year_ends_on <= companies.last_paid_on
    inner join reporting_period
        on
            summed.year_ends_on
            < cast(
                {{ dbt.dateadd('month', 1, 'reporting_period.last_month_on') }} as date
            )
    left join companies_ended
        on summed.company_id = companies_ended.company_id
    where coalesce(summed.year_ends_on < companies_ended.unknown_since_on, true)
    group by
        summed.regime,
        summed.population,
        summed.company_id,
        summed.reference_year,
        summed.year_ends_on
),

snapshots as (
    select * from years
    where population = 'employed_on_snapshot'
),

-- The last day worked is a day of employment here, though nobody is there at its close.
employed as (
    {{ employed_at_any_time_of('year_ends_on') }}
),

candidates as (
    select
        summed.regime,
        summed.company_id,
        summed.reference_year,
        summed.employee_key
    from summed
    union distinct
    select
        employed.regime,
        employed.company_id,
        employed.reference_year,
        employed.employee_key
    from employed
),

closed_years as (
    select
        years.*,
        candidates.employee_key,
        {% for total in [
            'basic_pay', 'component_pay', 'bonus_pay', 'gross_pay', 'paid_hours',
            'basic_hours', 'lines_of_assumed_hours', 'bonuses_of_assumed_period',
            'in_kind_pay', 'converted_lines',
        ] -%}
        coalesce(summed.{{ total }}, 0) as {{ total }},
        {% endfor -%}
        years.population = 'employed_on_snapshot' as is_by_snapshot,
        employed.employee_key is not null as is_employed
    from candidates
    inner join years
        on
            candidates.regime = years.regime
            and candidates.company_id = years.company_id
            and candidates.reference_year = years.reference_year
    {% for part in ['summed', 'employed'] -%}
    left join {{ part }}
        on
            candidates.regime = {{ part }}.regime
            and candidates.company_id = {{ part }}.company_id
            and candidates.reference_year = {{ part }}.reference_year
            and candidates.employee_key = {{ part }}.employee_key
    {% endfor %}
),

-- Full time is that of the country of the last day of employment by the year's end.
ranked_locations as (
    select
        closed_years.employee_key,
        closed_years.regime,
        closed_years.company_id,
        closed_years.reference_year,
        history.location_key,
        row_number() over (
            partition by
                closed_years.employee_key,
                closed_years.regime,
                closed_years.company_id,
                closed_years.reference_year
            order by history.effective_from desc nulls last
        ) as location_rank
    from closed_years
    inner join history
        on
            closed_years.employee_key = history.employee_key
            and closed_years.year_ends_on >= history.effective_from
            and history.effective_from < history.effective_to
),

full_times as (
    select distinct
        locations.location_key,
        locations.full_time_weekly_hours
    from locations
),

timed as (
    select
        closed_years.*,
        full_times.full_time_weekly_hours
    from closed_years
    left join ranked_locations
        on
            closed_years.employee_key = ranked_locations.employee_key
            and closed_years.regime = ranked_locations.regime
            and closed_years.company_id = ranked_locations.company_id
            and closed_years.reference_year = ranked_locations.reference_year
            and ranked_locations.location_rank = 1
    left join full_times
        on ranked_locations.location_key = full_times.location_key
),

reasoned as (
    select
        timed.*,
        case
            when timed.is_by_snapshot and not timed.is_employed
                then 'not_employed_on_snapshot'
            when timed.gross_pay <= 0 then 'no_gross_pay'
            when timed.paid_hours <= 0 then 'no_paid_hours'
            else timed.population
        end as population_reason,
        timed.basic_hours > 0
        and timed.full_time_weekly_hours is not null as is_annualised
    from timed
),

-- A full year is 52 weeks of full time, which payroll pays in twelve parts.
flagged as (
    select
        reasoned.employee_key,
        reasoned.regime,
        reasoned.company_id,
        reasoned.currency,
        reasoned.population_reason,
        reasoned.reference_year,
        {% for total in [
            'basic_pay', 'component_pay', 'bonus_pay', 'gross_pay', 'paid_hours',
        ] -%}
        cast(reasoned.{{ total }} as decimal(18, 2)) as {{ total }},
        {% endfor -%}
        cast(null as decimal(18, 4)) as weekly_hours,
        {% for part in ['gross', 'basic', 'component'] -%}
        case
            when reasoned.paid_hours > 0
                then
                    {{ per_hour('reasoned.' ~ part ~ '_pay', 'reasoned.paid_hours') }}
        end as hourly_{{ part }},
        {% endfor -%}
        {% for part in ['gross', 'basic', 'component'] -%}
        case
            when reasoned.is_by_snapshot then null
            when reasoned.is_annualised
                then
                    cast(round(reasoned.{{ part }}_pay * 100) as double)
                    * cast(52 * reasoned.full_time_weekly_hours as double)
                    / cast(round(reasoned.basic_hours * 100) as double)
            else cast(reasoned.{{ part }}_pay as double)
        end as annualised_{{ part }},
        {% endfor -%}
        reasoned.population_reason not in ('no_gross_pay', 'not_employed_on_snapshot')
            as is_in_population,
        case
            when reasoned.is_by_snapshot then reasoned.is_employed
            else reasoned.population_reason <> 'no_gross_pay'
        end as is_in_component_population,
        case
            when reasoned.is_by_snapshot then reasoned.bonus_pay
            else reasoned.component_pay
        end > 0 as has_components,
        reasoned.in_kind_pay > 0 as has_in_kind,
        case
            when reasoned.is_by_snapshot then reasoned.bonuses_of_assumed_period = 1
            else not reasoned.is_annualised
        end as is_assumed,
        reasoned.lines_of_assumed_hours = 1 as is_hours_assumed,
        reasoned.converted_lines = 1 as is_converted,
        reasoned.year_ends_on as reference_on
    from reasoned
)

select * from flagged
