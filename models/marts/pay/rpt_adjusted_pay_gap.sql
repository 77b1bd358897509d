{% set minimum_people = adjusted_pay_gap_minimum() %}
{% set minimum_cell = pay_gap_regimes().eu.minimum_cell %}
{#- Of the levels of a factor the lowest comes last: the others determine it, and so it
is their base. -#}
{% set levels = [
    'requirement_level_4', 'requirement_level_3', 'requirement_level_2',
    'requirement_level_1', 'position_level_5', 'position_level_4',
    'position_level_3', 'position_level_2', 'position_level_1',
] %}
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
        predictors.training_years is not null
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
        sum(case when explained.is_complete then explained.female else 0 end)
            as women,
        sum(case when explained.is_complete then 1 - explained.female else 0 end)
            as men,
        {% for level in levels -%}
        sum(
            case
                when explained.is_complete then explained.{{ level }}
                else 0
            end
        ) as {{ level }},
        {% endfor -%}
        sum(case when explained.is_complete then 1 else 0 end) as people,
        sum(case when explained.is_complete then 0 else 1 end) as people_left_out
    from explained
    group by explained.company, explained.reference_year
),

-- How few people the base is: who is alone in it could be read from the intercept.
based as (
    select
        counted.*,
        least(
            {% for factor in ['requirement_level', 'position_level'] -%}
            coalesce(
                {% for level in levels | reverse if level[:-2] == factor -%}
                nullif(counted.{{ level }}, 0),
                {% endfor -%}
                0
            ){% if not loop.last %},{% endif %}
            {% endfor %}
        ) as people_in_base
    from counted
),

terms as (
    {% for term in ['intercept'] + terms -%}
    select
        {{ loop.index0 }} as term_number,
        '{{ term }}' as term
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

fitted_terms as (
    select
        based.*,
        terms.term,
        {{ fitted('fits.fit', '3') }} as r_squared,
        {{ fitted('fits.fit', coefficients_from ~ ' + terms.term_number') }}
            as coefficient,
        {{ fitted('fits.fit', errors_from ~ ' + terms.term_number') }}
            as standard_error,
        case terms.term
            when 'intercept' then based.people_in_base
            {% for level in levels -%}
            when '{{ level }}' then based.{{ level }}
            {% endfor -%}
            else based.people
        end as people_at_level
    from based
    cross join terms
    left join fits
        on
            based.company = fits.company
            and based.reference_year = fits.reference_year
),

judged as (
    select
        fitted_terms.*,
        case
            when fitted_terms.people < {{ minimum_people }}
                then 'fewer than {{ minimum_people }} people'
            when
                fitted_terms.women < {{ minimum_cell }}
                or fitted_terms.men < {{ minimum_cell }}
                then 'fewer than {{ minimum_cell }} women or men'
            when
                fitted_terms.coefficient is not null
                and fitted_terms.people_at_level < {{ minimum_cell }}
                then 'fewer than {{ minimum_cell }} people at the level'
        end as withheld_reason,
        fitted_terms.people < {{ minimum_people }}
        or fitted_terms.women < {{ minimum_cell }}
        or fitted_terms.men < {{ minimum_cell }} as is_withheld_whole
    from fitted_terms
),

reported as (
    select
        judged.company,
        judged.term,
        judged.withheld_reason,
        case
            when judged.withheld_reason is null and judged.coefficient is null
                then 'determined_by_other_terms'
        end as null_reason,
        cast(judged.reference_year as bigint) as reference_year,
        cast(
            case when judged.withheld_reason is null then judged.coefficient end
            as double
        ) as coefficient,
        cast(
            case when judged.withheld_reason is null then judged.standard_error end
            as double
        ) as standard_error,
        cast(
            case
                when not judged.is_withheld_whole or judged.people >= {{ minimum_cell }}
                    then judged.people
            end as bigint
        ) as people,
        cast(
            case
                when
                    not judged.is_withheld_whole
                    or judged.people_left_out >= {{ minimum_cell }}
                    then judged.people_left_out
            end as bigint
        ) as people_left_out,
        cast(case when not judged.is_withheld_whole then judged.r_squared end as double)
            as r_squared,
        cast(
            case
                when judged.term = 'female' and judged.withheld_reason is null
                    then
                        100
                        * (
                            exp(judged.coefficient)
                            / exp(judged.standard_error * judged.standard_error / 2)
                            - 1
                        )
            end as double
        ) as adjusted_gap_pct
    from judged
)

select * from reported
