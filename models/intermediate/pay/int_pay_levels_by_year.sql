with lines as (
    select * from {{ ref('int_payslip_lines_converted') }}
),

pay_runs as (
    select * from {{ ref('int_pay_runs_conformed') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
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
    {{ pay_gap_regimes_of('paid_in_the_year') }}
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
        case
            when lines.pay_kind in ('basic', 'piecework') then 'basic'
            else lines.pay_kind
        end as pay_part,
        coalesce(lines.paid_hours, 0) as hours,
        cast(extract(year from lines.period_ends_on) as bigint) as reference_year
    from lines
    where
        lines.employee_key is not null
        and lines.pay_kind not in ('deduction', 'employer_cost')
),

summed as (
    select
        dated_lines.employee_key,
        dated_lines.company_id,
        max(dated_lines.currency) as currency,
        dated_lines.reference_year,
        sum(
            case when dated_lines.pay_part = 'basic' then dated_lines.amount else 0 end
        ) as basic_pay,
        sum(
            case when dated_lines.pay_part = 'basic' then 0 else dated_lines.amount end
        ) as component_pay,
        sum(
            case when dated_lines.pay_part = 'bonus' then dated_lines.amount else 0 end
        ) as bonus_pay,
        sum(dated_lines.amount) as gross_pay,
        sum(
            case
                when dated_lines.pay_part in ('basic', 'overtime')
                    then dated_lines.hours
                else 0
            end
        ) as paid_hours,
        sum(case when dated_lines.pay_part = 'basic' then dated_lines.hours else 0 end)
            as basic_hours,
        max(
            case
                when
                    dated_lines.pay_part in ('basic', 'overtime')
                    and dated_lines.is_hours_assumed
                    then 1
                else 0
            end
        ) as lines_of_assumed_hours,
        max(case when dated_lines.is_converted then 1 else 0 end) as converted_lines,
        cast(cast(dated_lines.reference_year as string) || '-01-01' as date)
            as year_starts_on,
        cast(cast(dated_lines.reference_year as string) || '-12-31' as date)
            as year_ends_on
    from dated_lines
    group by
        dated_lines.employee_key,
        dated_lines.company_id,
        dated_lines.reference_year
),

-- Years that payroll paid from first day to last, whose last month is closed, and of
-- whose end all of the company's people are known.
closed_years as (
    select summed.*
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
),

-- Full time is that of the country of the last day of employment by the year's end.
ranked_locations as (
    select
        closed_years.employee_key,
        closed_years.company_id,
        closed_years.reference_year,
        history.location_key,
        row_number() over (
            partition by
                closed_years.employee_key,
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
            and closed_years.company_id = ranked_locations.company_id
            and closed_years.reference_year = ranked_locations.reference_year
            and ranked_locations.location_rank = 1
    left join full_times
        on ranked_locations.location_key = full_times.location_key
),

reasoned as (
    select
        timed.*,
        regimes.regime,
        case
            when timed.gross_pay <= 0 then 'no_gross_pay'
            when timed.paid_hours <= 0 then 'no_paid_hours'
            else 'paid_in_the_year'
        end as population_reason,
        timed.basic_hours > 0
        and timed.full_time_weekly_hours is not null as is_annualised
    from timed
    cross join regimes
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
        reasoned.basic_pay,
        reasoned.component_pay,
        reasoned.bonus_pay,
        reasoned.gross_pay,
        reasoned.paid_hours,
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
            when reasoned.is_annualised
                then
                    cast(round(reasoned.{{ part }}_pay * 100) as double)
                    * cast(52 * reasoned.full_time_weekly_hours as double)
                    / cast(round(reasoned.basic_hours * 100) as double)
            else cast(reasoned.{{ part }}_pay as double)
        end as annualised_{{ part }},
        {% endfor -%}
        reasoned.population_reason <> 'no_gross_pay' as is_in_population,
        reasoned.population_reason <> 'no_gross_pay' as is_in_component_population,
        reasoned.component_pay > 0 as has_components,
        not reasoned.is_annualised as is_assumed,
        reasoned.lines_of_assumed_hours = 1 as is_hours_assumed,
        reasoned.converted_lines = 1 as is_converted,
        reasoned.year_ends_on as reference_on
    from reasoned
)

select * from flagged
