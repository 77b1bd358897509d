{{ config(alias='disclosure_summary') }}

{#- The figures of each table that others are not made of. -#}
{% set tables = {
    'headcount': ['headcount'],
    'movements': [
        'opening_headcount', 'joiners', 'transfers_in', 'transfers_out', 'exits',
        'closing_headcount',
    ],
    'turnover': ['exits', 'exits_voluntary', 'headcount_mean'],
    'cost': ['gross_pay', 'employer_cost', 'fte_months'],
    'absence': ['scheduled_days', 'lost_days'],
    'working_time': ['worked_hours', 'breaches_weekly_hours', 'breaches_daily_rest'],
    'recruiting': ['applications', 'accepted', 'accepted_from_within'],
    'pay_gap': ['value_pct'],
    'pay_quartiles': ['women', 'men'],
} %}

with unioned as (
    {% for table, figures in tables.items() -%}
    {% set model = ref('rpt_published_' ~ table) -%}
    {% for figure in figures -%}
    select
        '{{ table }}' as published_table,
        case
            when
                figures_of.{{ figure }} is null
                and figures_of.withheld_reason is not null
                then 1
            else 0
        end as withheld
    from {{ model }} as figures_of
    {% if not loop.last %}union all{% endif %}
    {% endfor -%}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    select
        cast(unioned.published_table as string) as published_table,
        cast(count(*) as bigint) as figures,
        cast(sum(unioned.withheld) as bigint) as figures_withheld,
        100 * cast(sum(unioned.withheld) as double) / nullif(count(*), 0)
            as withheld_pct
    from unioned
    group by unioned.published_table
)

select * from summed
