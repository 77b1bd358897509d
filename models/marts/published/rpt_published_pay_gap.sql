{{ config(alias='pay_gap') }}

{% set minimum = disclosure('minimum_cell') %}

with pay_gap as (
    select * from {{ ref('rpt_pay_gap') }}
),

snapshot_regimes as (
    {{ pay_gap_regimes_of('full_pay_relevant') }}
),

-- A share is a count of who has components, and of who has none.
counted as (
    select
        pay_gap.*,
        case pay_gap.metric
            when 'e_component_share_women' then pay_gap.women
            when 'e_component_share_men' then pay_gap.men
        end as asked,
        round(pay_gap.value_pct * case pay_gap.metric
            when 'e_component_share_women' then pay_gap.women
            when 'e_component_share_men' then pay_gap.men
        end / 100) as with_components,
        snapshot_regimes.regime is not null as is_of_snapshot
    from pay_gap
    left join snapshot_regimes
        on pay_gap.regime = snapshot_regimes.regime
),

-- A gap of components is about those who have any.
related as (
    select
        counted.*,
        case
            when
                counted.metric in ('b_mean_component_gap', 'd_median_component_gap')
                -- Where nobody has any, no share tells of it.
                then coalesce(min(counted.with_components) over (
                    partition by
                        counted.regime,
                        counted.company,
                        counted.basis,
                        counted.reference_year
                ), 0)
            else {{ minimum }}
        end as fewest_with_components
    from counted
),

-- On a snapshot date those asked are not those compared: who is on leave is in the share
-- alone. A fine share would tell, beside the quarters of those compared, how many.
judged as (
    select
        related.*,
        coalesce(related.women, 0) >= {{ minimum }}
        and coalesce(related.men, 0) >= {{ minimum }}
        and related.fewest_with_components >= {{ minimum }}
        and coalesce(related.with_components >= {{ minimum }}, true)
        and coalesce(
            related.asked - related.with_components >= {{ minimum }}, true
        ) as is_told,
        case
            when related.asked is not null and related.is_of_snapshot
                then cast({{ published_step('coarse_pct') }} as decimal(9, 1))
            else cast(0.1 as decimal(9, 1))
        end as value_step
    from related
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
            case
                when judged.is_told
                    then {{ rounded_to('judged.value_pct', 'judged.value_step') }}
            end as decimal(9, 1)
        ) as value_pct,
        judged.value_step,
        judged.is_assumed
    from judged
)

select * from reported
