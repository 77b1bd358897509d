{{ config(alias='pay_quartiles') }}

with cells as (
    select * from {{ ref('fct_pay_quartile_cells') }}
),

shown as (
    select
        cells.regime,
        cells.company,
        cells.basis,
        cells.quartile,
        cells.reference_year,
        {% for sex in ['women', 'men'] -%}
        max(
            case
                when cells.sex = '{{ sex }}' and not cells.is_withheld
                    then cells.people
            end
        ) as {{ sex }},
        {% endfor -%}
        max(case when cells.is_withheld then 1 else 0 end) as withheld
    from cells
    group by
        cells.regime,
        cells.company,
        cells.basis,
        cells.quartile,
        cells.reference_year
),

reported as (
    select
        shown.regime,
        shown.company,
        shown.basis,
        shown.quartile,
        {{ withheld_reason('shown.withheld = 1') }} as withheld_reason,
        shown.reference_year,
        shown.women,
        shown.men,
        100 * cast(shown.women as double) / nullif(shown.women + shown.men, 0)
            as women_pct,
        100 * cast(shown.men as double) / nullif(shown.women + shown.men, 0) as men_pct
    from shown
)

select * from reported
