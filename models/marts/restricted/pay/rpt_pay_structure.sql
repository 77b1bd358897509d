-- Starters in a position may be one person, whose pay a mean then is.

with pay_structure as (
    select * from {{ ref('pay_structure') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

pay_months as (
    select * from {{ ref('fct_pay_months') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

ranges as (
    select
        pay_structure.*,
        coalesce(
            lead(pay_structure.valid_from) over (
                partition by
                    lower(trim(pay_structure.company)),
                    lower(trim(pay_structure.designation))
                order by pay_structure.valid_from nulls last
            ),
            cast('9999-12-31' as date)
        ) as valid_to
    from pay_structure
),

ranked_states as (
    select
        history.employee_key,
        history.company,
        history.designation,
        history.effective_from as started_on,
        row_number() over (
            partition by history.employee_key, history.employment_number
            order by history.effective_from nulls last
        ) as state_rank
    from history
    where history.effective_from < history.effective_to
),

-- Who began an employment in the last 24 closed months, and its first whole month.
starters as (
    select
        ranked_states.employee_key,
        ranked_states.company,
        ranked_states.designation,
        employees.sex,
        ranked_states.started_on,
        cast(
            {{ dbt.dateadd(
                'month', 1,
                dbt.date_trunc(
                    'month', dbt.dateadd('day', -1, 'ranked_states.started_on')
                ),
            ) }} as date
        ) as first_month_on
    from ranked_states
    inner join employees
        on ranked_states.employee_key = employees.employee_key
    inner join reporting_period
        on
            ranked_states.started_on >= cast(
                {{ dbt.dateadd('month', -23, 'reporting_period.last_month_on') }}
                as date
            )
            and ranked_states.started_on < cast(
                {{ dbt.dateadd('month', 1, 'reporting_period.last_month_on') }} as date
            )
    where ranked_states.state_rank = 1
),

sexed as (
    select
        ranges.company,
        ranges.designation,
        starters.sex,
        ranges.annual_pay_from as least_pay,
        ranges.annual_pay_to as most_pay,
        {% for people, sex in {'women': 'female', 'men': 'male'}.items() -%}
        case
            when starters.sex = '{{ sex }}'
                then cast(round(pay_months.annualised_basic, 2) as decimal(18, 2))
        end as {{ people }}_pay,
        {% endfor -%}
        ranges.valid_from
    from ranges
    inner join starters
        on
            lower(trim(ranges.company)) = lower(trim(starters.company))
            and lower(trim(ranges.designation)) = lower(trim(starters.designation))
            and ranges.valid_from <= starters.started_on
            and ranges.valid_to > starters.started_on
    left join pay_months
        on
            starters.employee_key = pay_months.employee_key
            and starters.company = pay_months.company
            and starters.first_month_on = pay_months.month_start_on
            and ranges.currency = pay_months.currency
),

counted as (
    select
        sexed.company,
        sexed.designation,
        sexed.valid_from,
        {% for people, sex in {'women': 'female', 'men': 'male'}.items() -%}
        sum(case when sexed.sex = '{{ sex }}' then 1 else 0 end)
            as {{ people }}_started,
        count(sexed.{{ people }}_pay) as {{ people }}_compared,
        sum(sexed.{{ people }}_pay) as {{ people }}_pay,
        sum(case when sexed.{{ people }}_pay < sexed.least_pay then 1 else 0 end)
            as {{ people }}_below,
        sum(case when sexed.{{ people }}_pay > sexed.most_pay then 1 else 0 end)
            as {{ people }}_above,
        {% endfor -%}
        count(*) as people_started
    from sexed
    group by
        sexed.company,
        sexed.designation,
        sexed.valid_from
),

reported as (
    select
        ranges.company,
        ranges.designation,
        ranges.currency,
        ranges.criteria,
        ranges.agreement,
        case
            when coalesce(counted.people_started, 0) = 0 then 'nobody_started'
            when counted.women_compared + counted.men_compared = 0
                then 'no_starting_pay_known'
        end as null_reason,
        ranges.annual_pay_from,
        ranges.annual_pay_to,
        {% for people in ['women', 'men'] -%}
        cast(coalesce(counted.{{ people }}_started, 0) as bigint)
            as {{ people }}_started,
        cast(coalesce(counted.{{ people }}_compared, 0) as bigint)
            as {{ people }}_compared,
        cast(counted.{{ people }}_pay as double)
        / nullif(counted.{{ people }}_compared, 0) as {{ people }}_mean_starting_pay,
        cast(coalesce(counted.{{ people }}_below, 0) as bigint)
            as {{ people }}_below_range,
        cast(coalesce(counted.{{ people }}_above, 0) as bigint)
            as {{ people }}_above_range,
        {% endfor -%}
        ranges.valid_from <= reporting_period.as_at_on
        and ranges.valid_to > reporting_period.as_at_on as is_valid,
        ranges.valid_from,
        ranges.valid_to
    from ranges
    cross join reporting_period
    left join counted
        on
            ranges.company = counted.company
            and ranges.designation = counted.designation
            and ranges.valid_from = counted.valid_from
)

select * from reported
