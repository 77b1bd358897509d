-- A category may be two people: the average of the other sex is what one of them earns.

{% set sexes = {'female': 'women', 'male': 'men'} %}

with categories as (
    select * from {{ ref('rpt_pay_gap_by_category') }}
),

by_sex as (
    {% for sex, people in sexes.items() -%}
    select
        categories.regime,
        categories.company,
        categories.worker_category,
        categories.basis,
        categories.component,
        '{{ sex }}' as sex,
        categories.currency,
        categories.reference_year,
        categories.{{ people }} as people,
        categories.{{ people }}_without_hours as people_without_hours,
        categories.{{ people }}_mean_pay as mean_pay,
        categories.is_assumed
    from categories
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

reported as (
    select
        by_sex.regime,
        by_sex.company,
        by_sex.worker_category,
        by_sex.basis,
        by_sex.component,
        by_sex.sex,
        by_sex.currency,
        case
            when by_sex.mean_pay is not null then null
            when by_sex.people_without_hours > 0 then 'no_paid_hours'
            else 'nobody'
        end as null_reason,
        by_sex.reference_year,
        by_sex.people,
        by_sex.mean_pay,
        by_sex.is_assumed
    from by_sex
)

select * from reported
