{{ config(alias='pay_quartiles') }}

{% set minimum = minimum_people('published_figure') %}
{% set scale = ['regime', 'company', 'basis', 'reference_year'] %}
{% set bands = {
    'lower': 'lower_half', 'lower_middle': 'lower_half',
    'upper_middle': 'upper_half', 'upper': 'upper_half',
} %}

with pay_gap as (
    select * from {{ ref('rpt_pay_gap') }}
    where regime in ('eu', 'uk')
),

quartiles as (
    select * from {{ ref('rpt_pay_quartiles') }}
),

-- A scale is there where a gap is, though nobody is on it: one that is missing tells
-- that. Quarters that rest on too few are told by halves.
banded as (
    {% for quartile, half in bands.items() -%}
    {% for number, band in [(4, quartile), (2, half)] -%}
    select distinct
        pay_gap.{{ scale | join(',\n        pay_gap.') }},
        '{{ quartile }}' as quartile,
        {{ number }} as bands,
        '{{ band }}' as pay_band
    from pay_gap
    {% if not loop.last %}union all{% endif %}
    {% endfor -%}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        banded.{{ scale | join(',\n        banded.') }},
        banded.bands,
        banded.pay_band,
        coalesce(sum(quartiles.women), 0) as women,
        coalesce(sum(quartiles.women + quartiles.men), 0) as people,
        max(case when quartiles.is_assumed then 1 else 0 end) = 1 as is_assumed
    from banded
    left join quartiles
        on
            banded.regime = quartiles.regime
            and banded.company = quartiles.company
            and banded.basis = quartiles.basis
            and banded.reference_year = quartiles.reference_year
            and banded.quartile = quartiles.quartile
    group by banded.{{ scale | join(', banded.') }}, banded.bands, banded.pay_band
),

-- That payroll knows nobody's hours tells of payroll, not of a few people.
hourless as (
    select
        pay_gap.{{ scale | join(',\n        pay_gap.') }}
    from pay_gap
    where
        pay_gap.metric = 'a_mean_gap'
        and pay_gap.null_reason = 'no_paid_hours'
        and pay_gap.women + pay_gap.men = 0
        and least(pay_gap.women_without_hours, pay_gap.men_without_hours)
        >= {{ minimum }}
),

-- All bands of a scale are told, or none: a small one is not the rest of a total.
judged as (
    select
        counted.*,
        min(least(counted.women, counted.people - counted.women)) over (
            partition by counted.{{ scale | join(', counted.') }}, counted.bands
        ) >= {{ minimum }} as is_told,
        min(counted.people) over (
            partition by counted.{{ scale | join(', counted.') }}, counted.bands
        ) as fewest_people
    from counted
),

finest as (
    select
        judged.*,
        {{ share_step('judged.fewest_people') }} as value_step,
        max(case when judged.is_told then judged.bands else 2 end) over (
            partition by judged.{{ scale | join(', judged.') }}
        ) as finest_bands
    from judged
),

shares as (
    select
        finest.*,
        case
            when finest.is_told
                then
                    {{ rounded_to(
                        '100 * cast(finest.women as double) / finest.people',
                        'finest.value_step'
                    ) }}
        end as women_pct
    from finest
    where finest.bands = finest.finest_bands
),

reported as (
    select
        shares.regime,
        shares.company,
        shares.basis,
        shares.pay_band,
        case
            when not shares.is_told and hourless.company is null then {{ few_people() }}
        end as withheld_reason,
        case when hourless.company is not null then 'no_paid_hours' end as null_reason,
        shares.reference_year,
        cast(shares.women_pct as decimal(9, 1)) as women_pct,
        cast(100 - shares.women_pct as decimal(9, 1)) as men_pct,
        cast(case when shares.is_told then shares.value_step end as decimal(9, 1))
            as value_step,
        shares.is_assumed
    from shares
    left join hourless
        on
            shares.regime = hourless.regime
            and shares.company = hourless.company
            and shares.basis = hourless.basis
            and shares.reference_year = hourless.reference_year
)

select * from reported
