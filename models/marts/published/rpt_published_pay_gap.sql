{{ config(alias='pay_gap') }}

{% set minimum = disclosure('minimum_cell') %}
{% set scale -%}
pay_gap.regime, pay_gap.company, pay_gap.basis, pay_gap.reference_year
{%- endset %}

with pay_gap as (
    select * from {{ ref('rpt_pay_gap') }}
),

-- Whose share it is, and who of them is compared by pay: in `uk` some are on leave.
shares as (
    select
        pay_gap.*,
        case pay_gap.metric
            when 'e_component_share_women' then pay_gap.women
            when 'e_component_share_men' then pay_gap.men
        end as asked,
        max(
            case when pay_gap.metric = 'a_mean_gap' then pay_gap.women end
        ) over (partition by {{ scale }}) as women_compared,
        max(
            case when pay_gap.metric = 'a_mean_gap' then pay_gap.men end
        ) over (partition by {{ scale }}) as men_compared
    from pay_gap
),

-- A share is a count of who has components, of who has none, and, beside the quarters of
-- those compared, of who is not compared.
counted as (
    select
        shares.*,
        round(shares.value_pct / 100 * shares.asked) as with_components,
        shares.asked - round(shares.value_pct / 100 * shares.asked)
            as without_components,
        shares.asked - case shares.metric
            when 'e_component_share_women' then shares.women_compared
            else shares.men_compared
        end as not_compared
    from shares
),

judged as (
    select
        counted.*,
        coalesce(counted.women, 0) >= {{ minimum }}
        and coalesce(counted.men, 0) >= {{ minimum }}
        and coalesce(counted.with_components >= {{ minimum }}, true)
        and coalesce(counted.without_components >= {{ minimum }}, true)
        and coalesce(
            counted.not_compared = 0 or counted.not_compared >= {{ minimum }}, true
        ) as is_told
    from counted
),

reported as (
    select
        judged.regime,
        judged.company,
        judged.basis,
        judged.metric,
        case when not judged.is_told then {{ few_people() }} end as withheld_reason,
        case when judged.is_told then judged.null_reason end as null_reason,
        judged.reference_year,
        cast(
            case when judged.is_told then round(judged.value_pct, 1) end
            as decimal(9, 1)
        ) as value_pct,
        judged.is_assumed
    from judged
)

select * from reported
