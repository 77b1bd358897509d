{{ config(alias='pay_gap') }}

{% set minimum = disclosure('minimum_cell') %}

with pay_gap as (
    select * from {{ ref('rpt_pay_gap') }}
),

-- A share is a count of who has components, and of who has none.
counted as (
    select
        pay_gap.*,
        case pay_gap.metric
            when 'e_component_share_women' then pay_gap.women
            when 'e_component_share_men' then pay_gap.men
        end as asked,
        pay_gap.value_pct / 100 * case pay_gap.metric
            when 'e_component_share_women' then pay_gap.women
            when 'e_component_share_men' then pay_gap.men
        end as recipients
    from pay_gap
),

judged as (
    select
        counted.*,
        coalesce(counted.women, 0) >= {{ minimum }}
        and coalesce(counted.men, 0) >= {{ minimum }}
        and coalesce(round(counted.recipients) >= {{ minimum }}, true)
        and coalesce(
            counted.asked - round(counted.recipients) >= {{ minimum }}, true
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
