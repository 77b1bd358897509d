{% set regimes = pay_gap_regimes() %}
{% set gaps = {
    'a_mean_gap': ('pay', 'mean'),
    'b_mean_component_gap': ('component', 'mean'),
    'c_median_gap': ('pay', 'median'),
    'd_median_component_gap': ('component', 'median'),
} %}

with pay_levels as (
    select * from {{ ref('fct_pay_levels') }}
),

-- Sums of decimals do not depend on the order of rows; sums of doubles do.
measured as (
    {% for regime, inputs in regimes.items() -%}
    {% set outer_loop = loop -%}
    {% for basis in inputs.basis -%}
    {% if inputs.population == 'full_pay_relevant' -%}
    {% set level, component = 'hourly_gross', 'bonus_pay' -%}
    {% elif basis == 'hourly' -%}
    {% set level, component = 'hourly_gross', 'hourly_component' -%}
    {% else -%}
    {% set level, component = 'gross_pay', 'component_pay' -%}
    {% endif -%}
    select
        pay_levels.regime,
        pay_levels.company,
        '{{ basis }}' as basis,
        pay_levels.sex,
        pay_levels.reference_year,
        cast(pay_levels.{{ level }} as decimal(28, 12)) as pay_level,
        cast(pay_levels.{{ component }} as decimal(28, 12)) as component_level,
        {{ inputs.minimum_cell }} as minimum_cell,
        pay_levels.is_in_population,
        pay_levels.is_in_component_population,
        pay_levels.is_in_component_population
        {%- if inputs.component_population == 'recipients' %}
        and pay_levels.has_components
        {%- endif %} as is_compared_by_component,
        pay_levels.has_components
    from pay_levels
    where pay_levels.regime = '{{ regime }}'
    {% if not (loop.last and outer_loop.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}
),

members as (
    select
        measured.regime,
        measured.company,
        measured.basis,
        'pay' as topic,
        measured.sex,
        measured.reference_year,
        measured.pay_level as figure,
        measured.minimum_cell,
        measured.is_in_population as is_member,
        measured.has_components
    from measured
    union all
    select
        measured.regime,
        measured.company,
        measured.basis,
        'component' as topic,
        measured.sex,
        measured.reference_year,
        measured.component_level as figure,
        measured.minimum_cell,
        measured.is_compared_by_component as is_member,
        measured.has_components
    from measured
    union all
    select
        measured.regime,
        measured.company,
        measured.basis,
        'receipt' as topic,
        measured.sex,
        measured.reference_year,
        cast(null as decimal(28, 12)) as figure,
        measured.minimum_cell,
        measured.is_in_component_population as is_member,
        measured.has_components
    from measured
),

sexed as (
    select
        members.*,
        case
            when members.is_member and members.sex = 'female' then members.figure
        end as women_figure,
        case
            when members.is_member and members.sex = 'male' then members.figure
        end as men_figure,
        case when members.is_member and members.sex = 'female' then 1 else 0 end
            as woman,
        case when members.is_member and members.sex = 'male' then 1 else 0 end as man,
        case
            when members.is_member and members.sex not in ('female', 'male') then 1
            else 0
        end as undeclared_or_other_person,
        case when members.has_components then 1 else 0 end as recipient
    from members
),

summarised as (
    select
        sexed.regime,
        sexed.company,
        sexed.basis,
        sexed.topic,
        sexed.reference_year,
        sexed.minimum_cell,
        sum(sexed.woman) as women,
        sum(sexed.man) as men,
        sum(sexed.undeclared_or_other_person) as undeclared_or_other,
        cast(sum(sexed.women_figure) as double) / nullif(sum(sexed.woman), 0)
            as women_mean,
        cast(sum(sexed.men_figure) as double) / nullif(sum(sexed.man), 0) as men_mean,
        {{ percentile('sexed.women_figure', 0.5) }} as women_median,
        {{ percentile('sexed.men_figure', 0.5) }} as men_median,
        100 * cast(sum(sexed.woman * sexed.recipient) as double)
        / nullif(sum(sexed.woman), 0) as women_share,
        100 * cast(sum(sexed.man * sexed.recipient) as double)
        / nullif(sum(sexed.man), 0) as men_share
    from sexed
    group by
        sexed.regime,
        sexed.company,
        sexed.basis,
        sexed.topic,
        sexed.reference_year,
        sexed.minimum_cell
),

figures as (
    {% for metric, (topic, figure) in gaps.items() -%}
    select
        summarised.*,
        '{{ metric }}' as metric,
        100 * (summarised.men_{{ figure }} - summarised.women_{{ figure }})
        / nullif(summarised.men_{{ figure }}, 0) as exact_pct
    from summarised
    where summarised.topic = '{{ topic }}'
    union all
    {% endfor -%}
    {% for sex in ['women', 'men'] -%}
    select
        summarised.*,
        'e_component_share_{{ sex }}' as metric,
        summarised.{{ sex }}_share as exact_pct
    from summarised
    where summarised.topic = 'receipt'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

judged as (
    select
        figures.*,
        figures.women < figures.minimum_cell
        or figures.men < figures.minimum_cell as is_withheld
    from figures
),

reported as (
    select
        judged.regime,
        judged.company,
        judged.basis,
        judged.metric,
        case
            when judged.is_withheld
                then
                    'fewer than ' || cast(judged.minimum_cell as string)
                    || ' women or men'
        end as withheld_reason,
        case
            when not judged.is_withheld and judged.exact_pct is null
                then 'no_pay_of_men'
        end as null_reason,
        cast(judged.reference_year as bigint) as reference_year,
        cast(case when not judged.is_withheld then judged.exact_pct end as double)
            as value_pct,
        cast(
            case
                when not judged.is_withheld or judged.women >= judged.minimum_cell
                    then judged.women
            end as bigint
        ) as women,
        cast(
            case
                when not judged.is_withheld or judged.men >= judged.minimum_cell
                    then judged.men
            end as bigint
        ) as men,
        cast(
            case
                when
                    not judged.is_withheld
                    or judged.undeclared_or_other >= judged.minimum_cell
                    then judged.undeclared_or_other
            end as bigint
        ) as undeclared_or_other
    from judged
)

select * from reported
