{{ config(alias='pay_quartiles') }}

{% set minimum = disclosure('minimum_cell') %}
{% set scale = [
    'counted.regime', 'counted.company', 'counted.basis', 'counted.reference_year',
] %}

with quartiles as (
    select * from {{ ref('rpt_pay_quartiles') }}
),

halved as (
    select
        quartiles.*,
        case
            when quartiles.quartile in ('lower', 'lower_middle') then 'lower_half'
            else 'upper_half'
        end as half
    from quartiles
),

-- Quarters that rest on too few are told by halves.
banded as (
    select
        halved.*,
        4 as bands,
        halved.quartile as pay_band
    from halved
    union all
    select
        halved.*,
        2 as bands,
        halved.half as pay_band
    from halved
),

counted as (
    select
        banded.regime,
        banded.company,
        banded.basis,
        banded.pay_band,
        banded.bands,
        banded.reference_year,
        sum(banded.women) as women,
        sum(banded.men) as men,
        max(case when banded.is_assumed then 1 else 0 end) = 1 as is_assumed
    from banded
    group by
        banded.regime,
        banded.company,
        banded.basis,
        banded.pay_band,
        banded.bands,
        banded.reference_year
),

-- All bands of a scale are told, or none: a small one is not the rest of a total.
judged as (
    select
        counted.*,
        min(least(counted.women, counted.men)) over (
            partition by {{ scale | join(', ') }}, counted.bands
        ) >= {{ minimum }} as is_told
    from counted
),

finest as (
    select
        judged.*,
        max(case when judged.is_told then judged.bands else 2 end) over (
            partition by {{ scale | join(', ') | replace('counted', 'judged') }}
        ) as finest_bands
    from judged
),

reported as (
    select
        finest.regime,
        finest.company,
        finest.basis,
        finest.pay_band,
        case when not finest.is_told then {{ few_people() }} end as withheld_reason,
        finest.reference_year,
        case
            when finest.is_told
                then {{ published_pct('finest.women', 'finest.women + finest.men') }}
        end as women_pct,
        case
            when finest.is_told
                then {{ published_pct('finest.men', 'finest.women + finest.men') }}
        end as men_pct,
        finest.is_assumed
    from finest
    where finest.bands = finest.finest_bands
)

select * from reported
