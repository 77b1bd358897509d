-- The cost of a cell with one person is what that person earns.

{% set dimensions = ['department', 'region', 'designation'] %}
{% set amounts = ['gross_pay', 'employer_cost'] %}

with costs as (
    select * from {{ ref('fct_workforce_costs') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_averaged') }}
),

headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

paid_employees as (
    select distinct
        costs.employee_key,
        costs.month_start_on
    from costs
),

-- From when until when anybody of a company is paid, as far as anything tells. Who is
-- paid in arrears is paid nothing in the first month.
paying_companies as (
    select
        headcount.company,
        min(headcount.month_start_on) as paid_from,
        max(headcount.month_start_on) as paid_to
    from headcount
    inner join paid_employees
        on
            headcount.employee_key = paid_employees.employee_key
            and headcount.month_start_on = paid_employees.month_start_on
    where headcount.company is not null
    group by headcount.company
),

summed_by_run as (
    select
        costs.department,
        costs.region,
        costs.designation,
        costs.currency,
        {% for amount in amounts -%}
        sum(costs.{{ amount }}) as {{ amount }},
        {% endfor -%}
        costs.month_start_on
    from costs
    group by
        costs.department,
        costs.region,
        costs.designation,
        costs.pay_run_id,
        costs.currency,
        costs.month_start_on
),

paid_people as (
    select distinct
        costs.payee_key,
        costs.department,
        costs.region,
        costs.designation,
        costs.month_start_on
    from costs
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
        0 as person_unpaid,
        0 as person_paid,
        cast(0 as decimal(9, 4)) as fte,
        cast(null as date) as unknown_since_on,
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
        case
            when
                headcount.month_start_on
                >= cast(
                    {{ dbt.dateadd('month', -1, 'paying_companies.paid_from') }} as date
                )
                and headcount.month_start_on <= paying_companies.paid_to
                then 0
            when headcount.company is null then 0
            else 1
        end as person_unpaid,
        0 as person_paid,
        headcount.fte,
        headcount.unknown_since_on,
        headcount.month_start_on
    from headcount
    inner join paid_months
        on headcount.month_start_on = paid_months.month_start_on
    left join paying_companies
        on headcount.company = paying_companies.company
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
        0 as person_unpaid,
        1 as person_paid,
        cast(0 as decimal(9, 4)) as fte,
        cast(null as date) as unknown_since_on,
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
        sum(unioned.person_unpaid) as people_unpaid,
        sum(unioned.person_paid) as people_paid,
        sum(unioned.fte) as fte,
        min(unioned.unknown_since_on) as unknown_since_on,
        unioned.month_start_on
    from unioned
    group by
        unioned.month_start_on,
        cube (unioned.department, unioned.region, unioned.designation)
),

reported as (
    select
        aggregated.department,
        aggregated.region,
        aggregated.designation,
        '{{ reporting_currency() }}' as currency,
        case
            when aggregated.unknown_since_on is not null
                then {{ unknown_reason('aggregated.unknown_since_on') }}
            when aggregated.people_unpaid > 0 then 'no_pay_of_a_company'
            when aggregated.missing_rates > 0 then 'no_exchange_rate'
            when aggregated.fte = 0 then 'no_fte'
        end as null_reason,
        cast(
            case
                when aggregated.unknown_since_on is null then aggregated.people_paid
            end as bigint
        ) as people_paid,
        {% for amount in amounts + ['cost'] -%}
        cast(
            case
                when
                    aggregated.missing_rates = 0
                    and aggregated.people_unpaid = 0
                    and aggregated.unknown_since_on is null
                    then aggregated.{{ amount }}
            end as decimal(18, 2)
        ) as {{ amount }},
        {% endfor -%}
        cast(
            case when aggregated.unknown_since_on is null then aggregated.fte end
            as decimal(18, 4)
        ) as fte,
        cast(
            case
                when
                    aggregated.missing_rates = 0
                    and aggregated.people_unpaid = 0
                    and aggregated.unknown_since_on is null
                    then
                        cast(aggregated.cost as double)
                        / nullif(cast(aggregated.fte as double), 0)
            end as double
        ) as cost_per_fte,
        aggregated.month_start_on
    from aggregated
)

select * from reported
