{{ config(alias='pay_quartiles') }}

{% set minimum = disclosure('minimum_cell') %}

with quartiles as (
    select * from {{ ref('rpt_pay_quartiles') }}
),

-- All quarters are told, or none: a small one is not the rest of a total.
judged as (
    select
        quartiles.*,
        min(least(quartiles.women, quartiles.men)) over (
            partition by
                quartiles.regime,
                quartiles.company,
                quartiles.basis,
                quartiles.reference_year
        ) >= {{ minimum }} as is_told
    from quartiles
),

reported as (
    select
        judged.regime,
        judged.company,
        judged.basis,
        judged.quartile,
        case when not judged.is_told then {{ few_people() }} end as withheld_reason,
        judged.reference_year,
        {% for sex in ['women', 'men'] -%}
        case
            when judged.is_told
                then
                    {{ published_pct('judged.' ~ sex, 'judged.women + judged.men') }}
        end as {{ sex }}_pct{{ ',' if not loop.last }}
        {% endfor %}
    from judged
)

select * from reported
