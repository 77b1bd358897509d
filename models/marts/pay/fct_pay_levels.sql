-- What single people earn stays in the restricted database.
{{ config(database='restricted') }}

with levels_by_year as (
    select * from {{ ref('int_pay_levels_by_year') }}
),

levels_by_snapshot as (
    select * from {{ ref('int_pay_levels_by_snapshot') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

unioned as (
    select * from levels_by_year
    union all
    select * from levels_by_snapshot
),

amounts as (
    select
        unioned.*,
        employees.sex
    from unioned
    inner join employees
        on unioned.employee_key = employees.employee_key
),

-- Without hours, or with fewer than none, there is no hourly pay.
levels as (
    select
        {{ surrogate_key([
            'amounts.regime', 'amounts.reference_year', 'amounts.company_id',
            'amounts.employee_key',
        ]) }} as pay_level_key,
        amounts.employee_key,
        amounts.regime,
        amounts.company_id as company,
        amounts.currency,
        amounts.sex,
        amounts.population_reason,
        amounts.reference_year,
        cast(amounts.basic_pay as decimal(18, 2)) as basic_pay,
        cast(amounts.component_pay as decimal(18, 2)) as component_pay,
        cast(amounts.bonus_pay as decimal(18, 2)) as bonus_pay,
        cast(amounts.gross_pay as decimal(18, 2)) as gross_pay,
        cast(amounts.paid_hours as decimal(18, 2)) as paid_hours,
        {% for part in ['gross', 'basic', 'component'] -%}
        case
            when amounts.paid_hours > 0
                then {{ per_hour('amounts.' ~ part ~ '_pay', 'amounts.paid_hours') }}
        end as hourly_{{ part }},
        {% endfor -%}
        amounts.is_in_population,
        amounts.is_in_component_population,
        amounts.has_components,
        amounts.reference_on
    from amounts
)

select * from levels
