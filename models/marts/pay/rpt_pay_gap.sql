-- The figure of one person is what that person earns, and figures here are complete.
{{ config(database='restricted') }}

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
    {% for base in pay_gap_bases() -%}
    {% set inputs = regimes[base.regime] -%}
    {% set is_snapshot = inputs.population == 'full_pay_relevant' -%}
    {% set component = 'bonus_pay' if is_snapshot else base.columns.components -%}
    select
        pay_levels.regime,
        pay_levels.company,
        '{{ base.basis }}' as basis,
        pay_levels.sex,
        pay_levels.reference_year,
        cast(pay_levels.{{ base.columns.gross }} as decimal(28, 12)) as pay_level,
        cast(pay_levels.{{ component }} as decimal(28, 12)) as component_level,
        pay_levels.is_in_population,
        pay_levels.is_in_component_population,
        pay_levels.is_in_component_population
        {%- if inputs.component_population == 'recipients' %}
        and pay_levels.has_components
        {%- endif %} as is_compared_by_component,
        pay_levels.has_components,
        pay_levels.is_sex_missing,
        {% if base.is_assumed_by_level -%}
        pay_levels.is_assumed as is_pay_assumed,
        {% else -%}
        false as is_pay_assumed,
        {% endif -%}
        {% if base.is_assumed_by_level and not is_snapshot -%}
        pay_levels.is_assumed as is_component_assumed
        {% else -%}
        false as is_component_assumed
        {% endif -%}
    from pay_levels
    where pay_levels.regime = '{{ base.regime }}'
    {% if not loop.last %}union all{% endif %}
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
        measured.is_in_population as is_member,
        measured.has_components,
        measured.is_sex_missing,
        measured.is_pay_assumed as is_assumed
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
        measured.is_compared_by_component as is_member,
        measured.has_components,
        measured.is_sex_missing,
        measured.is_component_assumed as is_assumed
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
        measured.is_in_component_population as is_member,
        measured.has_components,
        measured.is_sex_missing,
        false as is_assumed
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
        case when members.is_member and members.is_sex_missing then 1 else 0 end
            as person_without_sex,
        case when members.is_member and members.is_assumed then 1 else 0 end
            as assumed_person,
        case when members.has_components then 1 else 0 end as recipient
    from members
),

ranked as (
    select
        sexed.*,
        row_number() over (
            partition by
                sexed.regime,
                sexed.company,
                sexed.basis,
                sexed.topic,
                sexed.reference_year,
                sexed.sex
            order by coalesce(sexed.women_figure, sexed.men_figure) desc nulls last
        ) as place
    from sexed
),

summarised as (
    select
        ranked.regime,
        ranked.company,
        ranked.basis,
        ranked.topic,
        ranked.reference_year,
        sum(ranked.woman) as women,
        sum(ranked.man) as men,
        sum(ranked.undeclared_or_other_person) as undeclared_or_other,
        sum(ranked.person_without_sex) as sex_missing,
        max(ranked.assumed_person) as assumed,
        cast(sum(ranked.women_figure) as double) / nullif(sum(ranked.woman), 0)
            as women_mean,
        cast(sum(ranked.men_figure) as double) / nullif(sum(ranked.man), 0) as men_mean,
        {% for sex in ['women', 'men'] -%}
        10 * sum(case when ranked.place > 2 then ranked.{{ sex }}_figure else 0 end)
        < max(ranked.{{ sex }}_figure) as is_of_one_of_{{ sex }},
        {% endfor -%}
        {{ percentile('ranked.women_figure', 0.5) }} as women_median,
        {{ percentile('ranked.men_figure', 0.5) }} as men_median,
        100 * cast(sum(ranked.woman * ranked.recipient) as double)
        / nullif(sum(ranked.woman), 0) as women_share,
        100 * cast(sum(ranked.man * ranked.recipient) as double)
        / nullif(sum(ranked.man), 0) as men_share
    from ranked
    group by
        ranked.regime,
        ranked.company,
        ranked.basis,
        ranked.topic,
        ranked.reference_year
),

figures as (
    {% for metric, (topic, figure) in gaps.items() -%}
    select
        summarised.*,
        '{{ metric }}' as metric,
        {% if figure == 'mean' -%}
        coalesce(summarised.is_of_one_of_women, false)
        or coalesce(summarised.is_of_one_of_men, false) as is_dominated,
        {% else -%}
        false as is_dominated,
        {% endif -%}
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
        false as is_dominated,
        summarised.{{ sex }}_share as exact_pct
    from summarised
    where summarised.topic = 'receipt'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

reported as (
    select
        figures.regime,
        figures.company,
        figures.basis,
        figures.metric,
        case
            when figures.exact_pct is not null then null
            when figures.metric = 'e_component_share_women' then 'no_women'
            when figures.metric = 'e_component_share_men' then 'no_men'
            when figures.women = 0 and figures.men = 0 then 'no_women_and_no_men'
            when figures.women = 0 then 'no_women'
            when figures.men = 0 then 'no_men'
            else 'no_pay_of_men'
        end as null_reason,
        cast(figures.reference_year as bigint) as reference_year,
        cast(figures.exact_pct as double) as value_pct,
        cast(figures.women as bigint) as women,
        cast(figures.men as bigint) as men,
        cast(figures.undeclared_or_other as bigint) as undeclared_or_other,
        cast(figures.sex_missing as bigint) as sex_missing,
        figures.is_dominated,
        figures.assumed = 1 as is_assumed
    from figures
)

select * from reported
