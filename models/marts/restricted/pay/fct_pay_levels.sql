-- What single people earn stays in the restricted database.

{#- Regimes in which everybody counts by the recorded sex; '' is none of them. -#}
{% set counting_everybody = ["''"] %}
{% for regime, inputs in pay_gap_regimes().items() if inputs.whose_sex == 'recorded' %}
{% do counting_everybody.append("'" ~ regime ~ "'") %}
{% endfor %}

with levels_by_year as (
    select * from {{ ref('int_pay_levels_by_year') }}
),

levels_by_snapshot as (
    select * from {{ ref('int_pay_levels_by_snapshot') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

job_evaluations as (
    select * from {{ ref('int_job_evaluations_conformed') }}
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

-- The last designation by the reference day: of those who left, that of their last day.
ranked_designations as (
    select
        amounts.regime,
        amounts.reference_year,
        amounts.company_id,
        amounts.employee_key,
        history.designation,
        history.contract_kind,
        history.full_or_part_time,
        row_number() over (
            partition by
                amounts.regime,
                amounts.reference_year,
                amounts.company_id,
                amounts.employee_key
            order by history.effective_from desc nulls last
        ) as designation_rank
    from amounts
    inner join history
        on
            amounts.employee_key = history.employee_key
            and amounts.reference_on >= history.effective_from
            and history.effective_from < history.effective_to
),

designations as (
    select * from ranked_designations
    where designation_rank = 1
),

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
        designations.designation,
        coalesce(designations.contract_kind, 'unknown') as contract_kind,
        coalesce(designations.full_or_part_time, 'unknown') as full_or_part_time,
        job_evaluations.worker_category,
        amounts.population_reason,
        amounts.reference_year,
        job_evaluations.requirement_level,
        job_evaluations.position_level,
        cast(amounts.basic_pay as decimal(18, 2)) as basic_pay,
        cast(amounts.component_pay as decimal(18, 2)) as component_pay,
        cast(amounts.bonus_pay as decimal(18, 2)) as bonus_pay,
        cast(
            cast(amounts.basic_pay as decimal(18, 2))
            + cast(amounts.component_pay as decimal(18, 2)) as decimal(18, 2)
        ) as gross_pay,
        cast(amounts.paid_hours as decimal(18, 2)) as paid_hours,
        amounts.weekly_hours,
        amounts.hourly_gross,
        amounts.hourly_basic,
        amounts.hourly_component,
        amounts.annualised_gross,
        amounts.annualised_basic,
        amounts.annualised_component,
        amounts.is_in_population,
        amounts.is_in_component_population,
        amounts.has_components,
        amounts.has_in_kind,
        amounts.sex not in ('female', 'male')
        and (amounts.is_in_population or amounts.is_in_component_population)
        and amounts.regime in ({{ counting_everybody | join(', ') }}) as is_sex_missing,
        amounts.is_assumed,
        coalesce(amounts.is_hours_assumed, false) as is_hours_assumed,
        amounts.is_converted,
        amounts.reference_on
    from amounts
    left join designations
        on
            amounts.regime = designations.regime
            and amounts.reference_year = designations.reference_year
            and amounts.company_id = designations.company_id
            and amounts.employee_key = designations.employee_key
    left join job_evaluations
        on
            lower(trim(designations.designation))
            = lower(trim(job_evaluations.designation))
)

select * from levels
