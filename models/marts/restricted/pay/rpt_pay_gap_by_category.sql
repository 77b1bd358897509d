-- A category may be two people, so that a gap tells what each of them earns.

{#- Regimes that know a threshold for categories of workers. -#}
{% set bases = pay_gap_bases() | rejectattr('threshold_pct', 'none') | list %}

with pay_levels as (
    select * from {{ ref('fct_pay_levels') }}
),

-- Sums of decimals do not depend on the order of rows; sums of doubles do.
measured as (
    {% for base in bases -%}
    {% set outer_loop = loop -%}
    {% for component, column in base.columns.items() -%}
    select
        pay_levels.regime,
        pay_levels.company,
        pay_levels.worker_category,
        '{{ base.basis }}' as basis,
        '{{ component }}' as component,
        pay_levels.currency,
        pay_levels.sex,
        pay_levels.reference_year,
        cast(pay_levels.{{ column }} as decimal(28, 12)) as pay_level,
        {% if base.is_judged -%}
        cast({{ base.threshold_pct }} as double) as threshold_pct,
        {% else -%}
        cast(null as double) as threshold_pct,
        {% endif -%}
        case
            when {{ base.assumed }} then 1
            else 0
        end as assumed
    from pay_levels
    where
        pay_levels.regime = '{{ base.regime }}'
        and pay_levels.is_in_population
        and pay_levels.worker_category is not null
    {% if not (loop.last and outer_loop.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}
),

sexed as (
    select
        measured.*,
        case when measured.sex = 'female' then measured.pay_level end as women_level,
        case when measured.sex = 'male' then measured.pay_level end as men_level,
        {% for person, sex in {'woman': 'female', 'man': 'male'}.items() -%}
        case
            when measured.sex = '{{ sex }}' and measured.pay_level is null then 1
            else 0
        end as {{ person }}_without_hours
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from measured
),

summarised as (
    select
        sexed.regime,
        sexed.company,
        sexed.worker_category,
        sexed.basis,
        sexed.component,
        sexed.reference_year,
        sexed.threshold_pct,
        max(sexed.currency) as currency,
        count(sexed.women_level) as women,
        count(sexed.men_level) as men,
        count(sexed.pay_level) as people,
        sum(sexed.woman_without_hours) as women_without_hours,
        sum(sexed.man_without_hours) as men_without_hours,
        max(sexed.assumed) as assumed,
        cast(sum(sexed.women_level) as double) / nullif(count(sexed.women_level), 0)
            as women_mean,
        cast(sum(sexed.men_level) as double) / nullif(count(sexed.men_level), 0)
            as men_mean,
        {{ percentile('sexed.women_level', 0.5) }} as women_median,
        {{ percentile('sexed.men_level', 0.5) }} as men_median
    from sexed
    group by
        sexed.regime,
        sexed.company,
        sexed.worker_category,
        sexed.basis,
        sexed.component,
        sexed.reference_year,
        sexed.threshold_pct
),

compared as (
    select
        summarised.*,
        {% for figure in ['mean', 'median'] -%}
        100 * (summarised.men_{{ figure }} - summarised.women_{{ figure }})
        / nullif(summarised.men_{{ figure }}, 0) as {{ figure }}_gap_pct
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from summarised
),

-- A gap of exactly the threshold is one also where a double falls short of it.
assessed as (
    select
        compared.*,
        max(
            case
                when compared.component = 'gross'
                    then round(abs(compared.mean_gap_pct), 6)
            end
        ) over (
            partition by
                compared.regime,
                compared.company,
                compared.worker_category,
                compared.basis,
                compared.reference_year
        ) as gross_difference_pct
    from compared
),

reported as (
    select
        assessed.regime,
        assessed.company,
        assessed.worker_category,
        assessed.basis,
        assessed.component,
        assessed.currency,
        case
            when
                assessed.women + assessed.women_without_hours = 0
                and assessed.men + assessed.men_without_hours = 0
                then 'no_women_and_no_men'
            when assessed.women + assessed.women_without_hours = 0 then 'no_women'
            when assessed.men + assessed.men_without_hours = 0 then 'no_men'
            when assessed.women = 0 or assessed.men = 0 then 'no_paid_hours'
            when assessed.mean_gap_pct is null or assessed.median_gap_pct is null
                then 'no_pay_of_men'
        end as null_reason,
        cast(assessed.reference_year as bigint) as reference_year,
        cast(assessed.women as bigint) as women,
        cast(assessed.men as bigint) as men,
        cast(assessed.people - assessed.women - assessed.men as bigint)
            as undeclared_or_other,
        cast(assessed.women_without_hours as bigint) as women_without_hours,
        cast(assessed.men_without_hours as bigint) as men_without_hours,
        cast(assessed.women_mean as double) as women_mean_pay,
        cast(assessed.men_mean as double) as men_mean_pay,
        cast(assessed.mean_gap_pct as double) as mean_gap_pct,
        cast(assessed.median_gap_pct as double) as median_gap_pct,
        assessed.gross_difference_pct >= assessed.threshold_pct
            as is_difference_to_justify,
        assessed.assumed = 1 as is_assumed
    from assessed
)

select * from reported
