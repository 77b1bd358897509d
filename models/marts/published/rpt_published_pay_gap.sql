{{ config(alias='pay_gap') }}

{% set minimum = minimum_people('published_figure') %}

-- Ireland's regime compares the same people once more, over months of two years.
with pay_gap as (
    select * from {{ ref('rpt_pay_gap') }}
    where regime in ('eu', 'uk')
),

shares as (
    select
        pay_gap.*,
        case pay_gap.metric
            when 'e_component_share_women' then pay_gap.women
            when 'e_component_share_men' then pay_gap.men
        end as asked
    from pay_gap
),

counted as (
    select
        shares.*,
        round(shares.value_pct * shares.asked / 100) as with_components
    from shares
),

-- A share is about who has components and who has none, a gap of components about those
-- of each sex who have any.
related as (
    select
        counted.*,
        case
            when counted.metric in ('b_mean_component_gap', 'd_median_component_gap')
                then
                    coalesce(
                        min(counted.with_components) over (
                            partition by
                                counted.regime,
                                counted.company,
                                counted.basis,
                                counted.reference_year
                        ), 0
                    )
            else
                coalesce(
                    least(
                        counted.with_components,
                        counted.asked - counted.with_components
                    ), {{ minimum }}
                )
        end as fewest
    from counted
),

-- A gap has three digits: more of them would tell whose pay makes most of it.
judged as (
    select
        related.*,
        coalesce(related.women, 0) >= {{ minimum }}
        and coalesce(related.men, 0) >= {{ minimum }}
        and related.fewest >= {{ minimum }}
        and not related.is_dominated as is_told,
        -- That payroll knows nobody's hours tells of payroll, not of a few people.
        coalesce(
            related.null_reason = 'no_paid_hours'
            and related.women + related.men = 0
            and least(related.women_without_hours, related.men_without_hours)
            >= {{ minimum }},
            false
        ) as is_without_hours,
        case
            when related.asked is not null then {{ share_step('related.asked') }}
            when abs(related.value_pct) >= 1000 then cast(10 as decimal(9, 1))
            when abs(related.value_pct) >= 100 then cast(1 as decimal(9, 1))
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
        case
            when not judged.is_told and not judged.is_without_hours
                then {{ few_people() }}
        end as withheld_reason,
        case when judged.is_told or judged.is_without_hours then judged.null_reason end
            as null_reason,
        judged.reference_year,
        cast(
            case
                when judged.is_told
                    then {{ rounded_to('judged.value_pct', 'judged.value_step') }}
            end as decimal(9, 1)
        ) as value_pct,
        cast(case when judged.is_told then judged.value_step end as decimal(9, 1))
            as value_step,
        judged.is_assumed
    from judged
)

select * from reported
