{{ config(alias='pay_gap') }}

{% set minimum = disclosure_minimum() %}

with pay_gap as (
    select * from {{ ref('rpt_pay_gap') }}
),

quartile_cells as (
    select * from {{ ref('fct_pay_quartile_cells') }}
),

populations as (
    select
        quartile_cells.regime,
        quartile_cells.company,
        quartile_cells.reference_year,
        max(case when quartile_cells.is_all_withheld then 1 else 0 end) as withheld
    from quartile_cells
    group by
        quartile_cells.regime,
        quartile_cells.company,
        quartile_cells.reference_year
),

-- A share is a count of who has components, and of who has none.
counted as (
    select
        pay_gap.*,
        case
            when pay_gap.metric = 'e_component_share_women'
                then round(pay_gap.value_pct * pay_gap.women / 100)
            when pay_gap.metric = 'e_component_share_men'
                then round(pay_gap.value_pct * pay_gap.men / 100)
        end as recipients,
        case pay_gap.metric
            when 'e_component_share_women' then pay_gap.women
            when 'e_component_share_men' then pay_gap.men
        end as asked
    from pay_gap
),

judged as (
    select
        counted.*,
        coalesce(counted.women, 0) < {{ minimum }}
        or coalesce(counted.men, 0) < {{ minimum }}
        or coalesce(populations.withheld, 1) = 1 as is_withheld,
        coalesce(
            (counted.recipients > 0 and counted.recipients < {{ minimum }})
            or (
                counted.asked - counted.recipients > 0
                and counted.asked - counted.recipients < {{ minimum }}
            ), false
        ) as is_share_withheld
    from counted
    left join populations
        on
            counted.regime = populations.regime
            and counted.company = populations.company
            and counted.reference_year = populations.reference_year
),

-- The count of recipients in a gap of components tells the share that is withheld.
related as (
    select
        judged.*,
        {% for sex in ['women', 'men'] -%}
        judged.metric in ('b_mean_component_gap', 'd_median_component_gap')
        and max(
            case
                when
                    judged.is_share_withheld
                    and judged.metric = 'e_component_share_{{ sex }}'
                    then 1
                else 0
            end
        ) over (
            partition by judged.regime, judged.company, judged.reference_year
        ) = 1 as is_{{ sex }}_withheld,
        {% endfor -%}
        judged.is_withheld or judged.is_share_withheld as is_value_withheld
    from judged
),

reported as (
    select
        related.regime,
        related.company,
        related.basis,
        related.metric,
        {{ withheld_reason('related.is_value_withheld') }} as withheld_reason,
        case when not related.is_value_withheld then related.null_reason end
            as null_reason,
        related.reference_year,
        case when not related.is_value_withheld then related.value_pct end as value_pct,
        {% for sex in ['women', 'men'] -%}
        case
            when not related.is_withheld and not related.is_{{ sex }}_withheld
                then related.{{ sex }}
        end as {{ sex }},
        {% endfor -%}
        case
            when
                not related.is_withheld
                and (
                    related.undeclared_or_other = 0
                    or related.undeclared_or_other >= {{ minimum }}
                )
                then related.undeclared_or_other
        end as undeclared_or_other
    from related
)

select * from reported
