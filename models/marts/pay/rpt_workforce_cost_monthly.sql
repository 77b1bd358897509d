-- The cost of a cell with one person is what that person earns.
{{ config(database='restricted') }}

{% set dimensions = ['department', 'region', 'designation'] %}
{% set amounts = ['gross_pay', 'employer_cost'] %}

with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_averaged') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

dated_lines as (
    select
        lines.*,
        cast({{ dbt.date_trunc('month', 'lines.period_starts_on') }} as date)
            as month_start_on
    from lines
    where lines.line_type <> 'deduction'
),

closed_lines as (
    select dated_lines.*
    from dated_lines
    inner join reporting_period
        on
            dated_lines.month_start_on >= reporting_period.first_month_on
            and dated_lines.month_start_on <= reporting_period.last_month_on
),

paid_periods as (
    select distinct
        closed_lines.employee_key,
        closed_lines.period_ends_on
    from closed_lines
),

-- The cell of the last day of employment by the end of the period; of the first day for
-- those who were paid before they came.
ranked_cells as (
    select
        paid_periods.employee_key,
        paid_periods.period_ends_on,
        history.department,
        history.region,
        history.designation,
        row_number() over (
            partition by paid_periods.employee_key, paid_periods.period_ends_on
            order by
                case
                    when history.effective_from <= paid_periods.period_ends_on then 0
                    else 1
                end asc nulls last,
                case
                    when history.effective_from <= paid_periods.period_ends_on
                        then history.effective_from
                end desc nulls last,
                history.effective_from asc nulls last
        ) as cell_rank
    from paid_periods
    inner join history
        on
            paid_periods.employee_key = history.employee_key
            and history.effective_from < history.effective_to
),

cells as (
    select * from ranked_cells
    where cell_rank = 1
),

celled_lines as (
    select
        closed_lines.pay_run_id,
        closed_lines.employee_key,
        coalesce(cells.department, 'Unassigned') as department,
        coalesce(cells.region, 'Unknown') as region,
        coalesce(cells.designation, 'Unassigned') as designation,
        closed_lines.currency,
        case
            when closed_lines.line_type = 'employer_cost' then 0
            else closed_lines.amount
        end as gross_pay,
        case
            when closed_lines.line_type = 'employer_cost' then closed_lines.amount
            else 0
        end as employer_cost,
        closed_lines.month_start_on
    from closed_lines
    left join cells
        on
            closed_lines.employee_key = cells.employee_key
            and closed_lines.period_ends_on = cells.period_ends_on
),

summed_by_run as (
    select
        celled_lines.department,
        celled_lines.region,
        celled_lines.designation,
        celled_lines.currency,
        {% for amount in amounts -%}
        sum(celled_lines.{{ amount }}) as {{ amount }},
        {% endfor -%}
        celled_lines.month_start_on
    from celled_lines
    group by
        celled_lines.department,
        celled_lines.region,
        celled_lines.designation,
        celled_lines.pay_run_id,
        celled_lines.currency,
        celled_lines.month_start_on
),

paid_people as (
    select distinct
        celled_lines.employee_key,
        celled_lines.department,
        celled_lines.region,
        celled_lines.designation,
        celled_lines.month_start_on
    from celled_lines
),

-- Sums of decimals do not depend on the order of rows; sums of doubles do.
converted as (
    select
        summed_by_run.department,
        summed_by_run.region,
        summed_by_run.designation,
        {% for amount in amounts -%}
        cast(
            cast(summed_by_run.{{ amount }} as double) * rates.reporting_units
            as decimal(28, 8)
        ) as {{ amount }},
        {% endfor -%}
        case when rates.reporting_units is null then 1 else 0 end as missing_rate,
        0 as person_paid,
        cast(0 as decimal(9, 4)) as fte,
        summed_by_run.month_start_on
    from summed_by_run
    left join rates
        on
            summed_by_run.currency = rates.currency
            and summed_by_run.month_start_on = rates.month_start_on
),

paid_months as (
    select distinct converted.month_start_on
    from converted
),

staffed as (
    select
        headcount.department,
        headcount.region,
        headcount.designation,
        {% for amount in amounts -%}
        cast(0 as decimal(28, 8)) as {{ amount }},
        {% endfor -%}
        0 as missing_rate,
        0 as person_paid,
        headcount.fte,
        headcount.month_start_on
    from headcount
    inner join paid_months
        on headcount.month_start_on = paid_months.month_start_on
    where not headcount.is_opening_balance
),

counted as (
    select
        paid_people.department,
        paid_people.region,
        paid_people.designation,
        {% for amount in amounts -%}
        cast(0 as decimal(28, 8)) as {{ amount }},
        {% endfor -%}
        0 as missing_rate,
        1 as person_paid,
        cast(0 as decimal(9, 4)) as fte,
        paid_people.month_start_on
    from paid_people
),

unioned as (
    select * from converted
    union all
    select * from staffed
    union all
    select * from counted
),

aggregated as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('unioned.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        {% for amount in amounts -%}
        sum(unioned.{{ amount }}) as {{ amount }},
        {% endfor -%}
        sum(unioned.{{ amounts | join(' + unioned.') }}) as cost,
        sum(unioned.missing_rate) as missing_rates,
        sum(unioned.person_paid) as people_paid,
        sum(unioned.fte) as fte,
        unioned.month_start_on
    from unioned
    group by
        unioned.month_start_on,
        cube(unioned.department, unioned.region, unioned.designation)
),

reported as (
    select
        aggregated.department,
        aggregated.region,
        aggregated.designation,
        '{{ reporting_currency() }}' as currency,
        case
            when aggregated.missing_rates > 0 then 'no_exchange_rate'
            when aggregated.fte = 0 then 'no_fte'
        end as null_reason,
        cast(aggregated.people_paid as bigint) as people_paid,
        {% for amount in amounts + ['cost'] -%}
        cast(
            case when aggregated.missing_rates = 0 then aggregated.{{ amount }} end
            as decimal(18, 2)
        ) as {{ amount }},
        {% endfor -%}
        cast(aggregated.fte as decimal(18, 4)) as fte,
        cast(
            case
                when aggregated.missing_rates = 0
                    then
                        cast(aggregated.cost as double)
                        / nullif(cast(aggregated.fte as double), 0)
            end as double
        ) as cost_per_fte,
        aggregated.month_start_on
    from aggregated
)

select * from reported
