-- Exact and complete: the coefficient of a level of one person tells what they earn.

{% set minimum_people = minimum_people('regression') %}
{#- As many levels as an evaluation may have. Of those of a factor that anybody has the
lowest comes last: the others determine it, and so it is their base. -#}
{% set factors = {'requirement_level': 8, 'position_level': 5} %}
{% set levels = [] %}
{% for factor, most in factors.items() %}{% for level in range(most, 0, -1) %}
{% do levels.append(factor ~ '_' ~ level) %}
{% endfor %}{% endfor %}
{% set terms = [
    'female', 'training_years', 'service_years', 'potential_experience_years',
    'potential_experience_years_squared',
] + levels %}
{% set explaining = [] %}
{% for term in terms %}{% do explaining.append('explained.' ~ term) %}{% endfor %}
{#- Where `least_squares` gives the intercept, and its standard error. -#}
{% set coefficients_from = 4 %}
{% set errors_from = coefficients_from + terms | length + 1 %}

with pay_levels as (
    select * from {{ ref('fct_pay_levels') }}
),

predictors as (
    select * from {{ ref('int_pay_predictors_derived') }}
),

job_evaluations as (
    select * from {{ ref('int_job_evaluations_conformed') }}
),

explained as (
    select
        pay_levels.company,
        pay_levels.sex,
        pay_levels.reference_year,
        ln(pay_levels.hourly_gross) as log_pay,
        case when pay_levels.sex = 'female' then 1 else 0 end as female,
        predictors.training_years,
        predictors.service_years,
        predictors.potential_experience_years,
        predictors.potential_experience_years * predictors.potential_experience_years
            as potential_experience_years_squared,
        {% for level in levels -%}
        case
            when pay_levels.{{ level[:-2] }} = {{ level[-1] }} then 1
            else 0
        end as {{ level }},
        {% endfor -%}
        pay_levels.hourly_gross is not null as has_hours,
        pay_levels.is_converted or pay_levels.is_hours_assumed as is_assumed,
        pay_levels.hourly_gross is not null
        and predictors.training_years is not null
        and predictors.service_years is not null
        and predictors.potential_experience_years is not null
        and pay_levels.requirement_level is not null
        and pay_levels.position_level is not null as is_complete
    from pay_levels
    left join predictors
        on
            pay_levels.employee_key = predictors.employee_key
            and pay_levels.reference_year = predictors.reference_year
    where
        pay_levels.regime = 'eu'
        and pay_levels.is_in_population
        and pay_levels.sex in ('female', 'male')
),

fits as (
    select
        explained.company,
        explained.reference_year,
        {{ least_squares('explained.log_pay', explaining) }} as fit
    from explained
    where explained.is_complete
    group by explained.company, explained.reference_year
),

counted as (
    select
        explained.company,
        explained.reference_year,
        {% for level in levels -%}
        sum(
            case
                when explained.is_complete then explained.{{ level }}
                else 0
            end
        ) as {{ level }},
        {% endfor -%}
        sum(case when explained.is_complete then 1 else 0 end) as people,
        sum(case when explained.has_hours then 1 else 0 end) as people_with_hours,
        sum(case when explained.is_complete then 0 else 1 end) as people_left_out,
        max(case when explained.is_complete and explained.is_assumed then 1 else 0 end)
            as assumed
    from explained
    group by explained.company, explained.reference_year
),

-- Levels that no job was evaluated at are no part of the employer's evaluation.
evaluated_levels as (
    {% for factor in factors -%}
    select distinct
        '{{ factor }}_'
        || cast(job_evaluations.{{ factor }} as string) as term
    from job_evaluations
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

all_terms as (
    {% for term in ['intercept'] + terms -%}
    select
        {{ loop.index0 }} as term_number,
        '{{ term }}' as term,
        {{ 'true' if term in levels else 'false' }} as is_level
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

terms as (
    select
        all_terms.term_number,
        all_terms.term
    from all_terms
    left join evaluated_levels
        on all_terms.term = evaluated_levels.term
    where not all_terms.is_level or evaluated_levels.term is not null
),

fitted_terms as (
    select
        counted.company,
        counted.reference_year,
        counted.people,
        counted.people_with_hours,
        counted.people_left_out,
        counted.assumed,
        terms.term,
        case terms.term
            {% for level in levels -%}
            when '{{ level }}' then counted.{{ level }}
            {% endfor -%}
            else counted.people
        end as people_at_level,
        {{ fitted('fits.fit', '3') }} as r_squared,
        {{ fitted('fits.fit', coefficients_from ~ ' + terms.term_number') }}
            as coefficient,
        {{ fitted('fits.fit', errors_from ~ ' + terms.term_number') }}
            as standard_error
    from counted
    cross join terms
    left join fits
        on
            counted.company = fits.company
            and counted.reference_year = fits.reference_year
),

judged as (
    select
        fitted_terms.*,
        case
            when fitted_terms.people_with_hours = 0 then 'no_paid_hours'
            when fitted_terms.people < {{ minimum_people }}
                then 'fewer_than_{{ minimum_people }}_people'
            when fitted_terms.coefficient is not null then null
            when fitted_terms.people_at_level = 0 then 'nobody_at_the_level'
            else 'determined_by_other_terms'
        end as null_reason
    from fitted_terms
),

reported as (
    select
        judged.company,
        judged.term,
        judged.null_reason,
        cast(judged.reference_year as bigint) as reference_year,
        cast(case when judged.null_reason is null then judged.coefficient end as double)
            as coefficient,
        cast(
            case when judged.null_reason is null then judged.standard_error end
            as double
        ) as standard_error,
        cast(judged.people as bigint) as people,
        cast(judged.people_left_out as bigint) as people_left_out,
        cast(
            case when judged.people >= {{ minimum_people }} then judged.r_squared end
            as double
        ) as r_squared,
        cast(
            case
                when judged.term = 'female' and judged.null_reason is null
                    then
                        100
                        * (
                            exp(judged.coefficient)
                            / exp(judged.standard_error * judged.standard_error / 2)
                            - 1
                        )
            end as double
        ) as adjusted_gap_pct,
        judged.assumed = 1 as is_assumed
    from judged
)

select * from reported
