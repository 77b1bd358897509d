-- The figure of one person is what that person earns, and figures here are complete.

{% set regimes = pay_gap_regimes() %}
{#- What each metric is of: a gap of means or medians, or a sex's share. -#}
{% set metrics = {
    'a_mean_gap': ('pay', 'mean'),
    'b_mean_component_gap': ('component', 'mean'),
    'c_median_gap': ('pay', 'median'),
    'd_median_component_gap': ('component', 'median'),
    'part_time_mean_gap': ('part_time', 'mean'),
    'part_time_median_gap': ('part_time', 'median'),
    'temporary_mean_gap': ('temporary', 'mean'),
    'temporary_median_gap': ('temporary', 'median'),
    'e_component_share_women': ('receipt', 'women'),
    'e_component_share_men': ('receipt', 'men'),
    'in_kind_share_women': ('in_kind', 'women'),
    'in_kind_share_men': ('in_kind', 'men'),
} %}
{#- Of whom pay is compared apart where everybody employed on the snapshot date is. -#}
{% set kinds = {'part_time': 'full_or_part_time', 'temporary': 'contract_kind'} %}

with pay_levels as (
    select * from {{ ref('fct_pay_levels') }}
),

-- Sums of decimals do not depend on the order of rows; sums of doubles do.
measured as (
    {% for base in pay_gap_bases() -%}
    {% set inputs = regimes[base.regime] -%}
    {% set is_snapshot = inputs.snapshot is not none -%}
    {% set is_of_year = inputs.population == 'employed_on_snapshot' -%}
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
        {% if inputs.component_population == 'recipients' -%}
        pay_levels.has_components as is_compared_by_component,
        {% else -%}
        true as is_compared_by_component,
        {% endif -%}
        {% if base.basis == 'hourly' -%}
        pay_levels.hourly_gross is not null as has_hours,
        {% else -%}
        true as has_hours,
        {% endif -%}
        {% if base.basis == 'hourly' and not is_snapshot -%}
        pay_levels.hourly_gross is not null as has_component_hours,
        {% else -%}
        true as has_component_hours,
        {% endif -%}
        pay_levels.has_components,
        pay_levels.has_in_kind,
        pay_levels.full_or_part_time,
        pay_levels.contract_kind,
        {{ 'true' if is_of_year else 'false' }} as is_told_by_kind,
        pay_levels.is_sex_missing,
        {{ base.assumed }} as is_pay_assumed,
        {% if is_of_year -%}
        pay_levels.is_converted or pay_levels.is_assumed as is_component_assumed
        {% else -%}
        {{ 'pay_levels.is_converted' if is_snapshot else base.assumed }}
            as is_component_assumed
        {% endif -%}
    from pay_levels
    where pay_levels.regime = '{{ base.regime }}'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Who is asked about is in the figure, unless nobody knows the hours of their pay, or
-- it is about those alone who have components.
members as (
    select
        measured.regime,
        measured.company,
        measured.basis,
        'pay' as topic,
        measured.sex,
        measured.reference_year,
        measured.pay_level as figure,
        measured.is_in_population as is_asked,
        measured.has_hours,
        measured.is_in_population and measured.has_hours as is_member,
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
        measured.is_in_component_population as is_asked,
        measured.has_component_hours as has_hours,
        measured.is_in_component_population
        and measured.has_component_hours
        and measured.is_compared_by_component as is_member,
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
        measured.is_in_component_population as is_asked,
        measured.has_component_hours as has_hours,
        measured.is_in_component_population
        and measured.has_component_hours as is_member,
        measured.has_components,
        measured.is_sex_missing,
        false as is_assumed
    from measured
    union all
    select
        measured.regime,
        measured.company,
        measured.basis,
        'in_kind' as topic,
        measured.sex,
        measured.reference_year,
        cast(null as decimal(28, 12)) as figure,
        measured.is_in_component_population as is_asked,
        true as has_hours,
        measured.is_in_component_population as is_member,
        measured.has_in_kind as has_components,
        measured.is_sex_missing,
        false as is_assumed
    from measured
    where measured.is_told_by_kind
    {% for kind, column in kinds.items() -%}
    union all
    select
        measured.regime,
        measured.company,
        measured.basis,
        '{{ kind }}' as topic,
        measured.sex,
        measured.reference_year,
        measured.pay_level as figure,
        measured.is_in_population
        and measured.{{ column }} in ('{{ kind }}', 'unknown') as is_asked,
        measured.has_hours and measured.{{ column }} <> 'unknown' as has_hours,
        measured.is_in_population
        and measured.has_hours
        and measured.{{ column }} = '{{ kind }}' as is_member,
        measured.has_components,
        measured.is_sex_missing,
        measured.is_pay_assumed as is_assumed
    from measured
    where measured.is_told_by_kind
    {% endfor -%}
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
        {% for person, sex in {'woman': 'female', 'man': 'male'}.items() -%}
        case when members.is_asked and members.sex = '{{ sex }}' then 1 else 0 end
            as {{ person }}_asked,
        case
            when
                members.is_asked
                and not members.has_hours
                and members.sex = '{{ sex }}'
                then 1
            else 0
        end as {{ person }}_without_hours,
        {% endfor -%}
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
        sum(ranked.woman_asked) as women_asked,
        sum(ranked.man_asked) as men_asked,
        sum(ranked.woman_without_hours) as women_without_hours,
        sum(ranked.man_without_hours) as men_without_hours,
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

metrics as (
    {% for metric, (topic, figure) in metrics.items() -%}
    select
        '{{ metric }}' as metric,
        '{{ topic }}' as topic,
        '{{ figure }}' as figure
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

figures as (
    select
        summarised.*,
        metrics.metric,
        metrics.figure = 'mean'
        and (
            coalesce(summarised.is_of_one_of_women, false)
            or coalesce(summarised.is_of_one_of_men, false)
        ) as is_dominated,
        case metrics.figure
            {% for figure in ['mean', 'median'] -%}
            when '{{ figure }}'
                then
                    100 * (summarised.men_{{ figure }} - summarised.women_{{ figure }})
                    / nullif(summarised.men_{{ figure }}, 0)
            {% endfor -%}
            {% for sex in ['women', 'men'] -%}
            when '{{ sex }}' then summarised.{{ sex }}_share
            {% endfor -%}
        end as exact_pct
    from summarised
    inner join metrics
        on summarised.topic = metrics.topic
),

-- A share is of one sex, a gap of both.
lacking as (
    select
        figures.*,
        {% for sex, other in {'women': 'men', 'men': 'women'}.items() -%}
        figures.metric not like '%share_{{ other }}'
        and figures.{{ sex }} = 0 as is_without_{{ sex }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from figures
),

reasoned as (
    select
        lacking.*,
        case
            when lacking.exact_pct is not null then null
            when
                lacking.is_without_women
                and lacking.women_asked = 0
                and lacking.is_without_men
                and lacking.men_asked = 0
                then 'no_women_and_no_men'
            when lacking.is_without_women and lacking.women_asked = 0 then 'no_women'
            when lacking.is_without_men and lacking.men_asked = 0 then 'no_men'
            when
                lacking.is_without_women and lacking.women_without_hours > 0
                or lacking.is_without_men and lacking.men_without_hours > 0
                then
                    case
                        when lacking.topic in ('part_time', 'temporary')
                            then 'not_recorded'
                        else 'no_paid_hours'
                    end
            when lacking.is_without_women and lacking.is_without_men
                then 'nobody_with_components'
            when lacking.is_without_women then 'no_women_with_components'
            when lacking.is_without_men then 'no_men_with_components'
            else 'no_pay_of_men'
        end as null_reason
    from lacking
),

reported as (
    select
        reasoned.regime,
        reasoned.company,
        reasoned.basis,
        reasoned.metric,
        reasoned.null_reason,
        cast(reasoned.reference_year as bigint) as reference_year,
        cast(reasoned.exact_pct as double) as value_pct,
        cast(reasoned.women as bigint) as women,
        cast(reasoned.men as bigint) as men,
        cast(reasoned.undeclared_or_other as bigint) as undeclared_or_other,
        cast(reasoned.sex_missing as bigint) as sex_missing,
        cast(reasoned.women_without_hours as bigint) as women_without_hours,
        cast(reasoned.men_without_hours as bigint) as men_without_hours,
        reasoned.is_dominated,
        reasoned.assumed = 1 as is_assumed
    from reasoned
)

select * from reported
