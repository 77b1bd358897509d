{#- Each kind of figure, with the reason where what it needs beside people lacks. -#}
{% set figures = {
    'headcount': none,
    'full_time_equivalents': 'no_contracted_hours',
    'exits_and_turnover': 'no_leavers_known',
    'absence': 'no_absences',
    'pay_gap': 'no_sex',
    'pay_gap_per_hour': 'no_paid_hours',
    'workforce_cost': 'no_pay',
} %}
{% set of_years = ['pay_gap', 'pay_gap_per_hour'] %}
{% set of_pay = of_years + ['workforce_cost'] %}

with history as (
    select * from {{ ref('int_employee_history_derived') }}
    where effective_from < effective_to
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

contracted_hours as (
    select * from {{ ref('int_contracted_hours_conformed') }}
),

leavers_known as (
    select * from {{ ref('int_leavers_known') }}
),

leaves as (
    select * from {{ ref('int_leaves_conformed') }}
),

lines as (
    select * from {{ ref('int_payslip_lines_converted') }}
),

attributed_lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_averaged') }}
),

levels_by_year as (
    select * from {{ ref('int_pay_levels_by_year') }}
),

levels_by_snapshot as (
    select * from {{ ref('int_pay_levels_by_snapshot') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

companies_ended as (
    select * from {{ ref('int_companies_ended') }}
),

absences_ended as (
    select * from {{ ref('int_absences_ended') }}
),

timed as (
    select distinct contracted_hours.employee_key
    from contracted_hours
),

absent as (
    select distinct leaves.employee_key
    from leaves
),

people as (
    select
        coalesce(history.company_id, '') as company,
        max(case when timed.employee_key is null then 0 else 1 end)
            as has_contracted_hours,
        max(case when history.is_fte_assumed then 0 else 1 end)
            as has_full_time_hours,
        max(case when employees.sex in ('female', 'male') then 1 else 0 end) as has_sex,
        max(case when absent.employee_key is null then 0 else 1 end) as has_absences,
        min(history.effective_from) as first_day_on
    from history
    inner join employees
        on history.employee_key = employees.employee_key
    left join timed
        on history.employee_key = timed.employee_key
    left join absent
        on history.employee_key = absent.employee_key
    group by coalesce(history.company_id, '')
),

paid as (
    select
        lines.company_id,
        max(case when lines.employee_key is null then 0 else 1 end) as has_paid_people,
        max(
            case
                when lines.employee_key is not null and lines.paid_hours > 0 then 1
                else 0
            end
        ) as has_paid_hours,
        min(lines.period_starts_on) as first_paid_on,
        max(lines.period_ends_on) as last_paid_on
    from lines
    where lines.pay_kind <> 'deduction'
    group by lines.company_id
),

cost_months as (
    select
        attributed_lines.company_id,
        cast({{ dbt.date_trunc('month', 'attributed_lines.period_starts_on') }} as date)
            as month_start_on,
        min(case when rates.reporting_units is null then 0 else 1 end) as has_rates
    from attributed_lines
    left join rates
        on
            attributed_lines.currency = rates.currency
            and cast(
                {{ dbt.date_trunc('month', 'attributed_lines.period_starts_on') }}
                as date
            ) = rates.month_start_on
    where attributed_lines.pay_kind <> 'deduction'
    group by
        attributed_lines.company_id,
        cast({{ dbt.date_trunc('month', 'attributed_lines.period_starts_on') }} as date)
),

-- A month whose cost is told has a rate of each currency that is paid in it.
costed as (
    select
        cost_months.company_id,
        max(cost_months.has_rates) as has_exchange_rate
    from cost_months
    inner join reporting_period
        on
            cost_months.month_start_on >= reporting_period.first_month_on
            and cost_months.month_start_on <= reporting_period.last_month_on
    group by cost_months.company_id
),

compared as (
    select distinct levels_by_year.company_id
    from levels_by_year
    union distinct
    select distinct levels_by_snapshot.company_id
    from levels_by_snapshot
),

companies as (
    select
        people.*,
        case when paid.company_id is null then 0 else 1 end as has_pay,
        coalesce(paid.has_paid_people, 0) as has_paid_people,
        coalesce(paid.has_paid_hours, 0) as has_paid_hours,
        coalesce(costed.has_exchange_rate, 1) as has_exchange_rate,
        case when compared.company_id is null then 0 else 1 end as has_whole_year,
        case when leavers_known.is_known then 1 else 0 end as has_leavers_known,
        greatest(people.first_day_on, reporting_period.first_month_on)
            as first_reported_on,
        cast(
            {{ dbt.dateadd('month', 1, 'reporting_period.last_month_on') }} as date
        ) as next_month_on,
        coalesce(companies_ended.unknown_since_on, cast('9999-12-31' as date))
            as unknown_since_on,
        coalesce(absences_ended.unknown_since_on, cast('9999-12-31' as date))
            as absences_unknown_since_on,
        paid.first_paid_on,
        paid.last_paid_on
    from people
    cross join reporting_period
    left join leavers_known
        on people.company = coalesce(leavers_known.company_id, '')
    left join paid
        on people.company = paid.company_id
    left join costed
        on people.company = costed.company_id
    left join compared
        on people.company = compared.company_id
    left join companies_ended
        on people.company = coalesce(companies_ended.company_id, '')
    left join absences_ended
        on people.company = coalesce(absences_ended.company_id, '')
),

-- Figures end with the last day that is known of all of a company's people, those of
-- months with the last of them.
ending as (
    select
        companies.*,
        cast({{ dbt.dateadd(
            'day',
            -1,
            dbt.date_trunc(
                'month', 'least(companies.next_month_on, companies.unknown_since_on)'
            ),
        ) }} as date) as last_reported_on,
        cast({{ dbt.dateadd(
            'day', -1, dbt.date_trunc('month', 'companies.absences_unknown_since_on')
        ) }} as date) as last_absent_on,
        cast({{ dbt.dateadd('day', -1, 'companies.unknown_since_on') }} as date)
            as last_known_on
    from companies
),

unioned as (
    {% for figure, reason in figures.items() -%}
    {% set needed = (reason or '') | replace('no_', 'has_') -%}
    select
        ending.company,
        cast('{{ figure }}' as string) as figure,
        case
            {%- if figure in of_pay %}
            {%- set of_cost = figure == 'workforce_cost' %}
            when ending.{{ 'has_pay' if of_cost else 'has_paid_people' }} = 0
                then 'no_pay'
            {%- endif %}
            {%- if figure == 'pay_gap_per_hour' %}
            when ending.has_sex = 0 then 'no_sex'
            {%- endif %}
            {%- if reason not in (none, 'no_pay') %}
            when ending.{{ needed }} = 0 then '{{ reason }}'
            {%- endif %}
            {%- if figure == 'full_time_equivalents' %}
            when ending.has_full_time_hours = 0 then 'no_full_time_hours'
            {%- endif %}
            when ending.first_reported_on > ending.last_reported_on
                then 'no_month_closed'
            {%- if figure in of_years %}
            when ending.has_whole_year = 0 then 'no_whole_year'
            {%- endif %}
            {%- if figure == 'workforce_cost' %}
            when ending.has_exchange_rate = 0 then 'no_exchange_rate'
            {%- endif %}
        end as null_reason,
        {% if figure in of_pay -%}
        ending.first_paid_on as figure_from,
        least(ending.last_paid_on, ending.last_known_on) as figure_to
        {%- else -%}
        ending.first_reported_on as figure_from,
        {% if figure == 'absence' -%}
        least(ending.last_reported_on, ending.last_absent_on) as figure_to
        {%- else -%}
        ending.last_reported_on as figure_to
        {%- endif %}
        {%- endif %}
    from ending
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

told as (
    select
        cast(unioned.company as string) as company,
        cast(unioned.figure as string) as figure,
        cast(unioned.null_reason as string) as null_reason,
        cast(case when unioned.null_reason is null then unioned.figure_from end as date)
            as available_from,
        cast(
            case when unioned.null_reason is null then unioned.figure_to end as date
        ) as available_to
    from unioned
)

select * from told
