{#- The figures of each table, and those that are told of the whole company alone. -#}
{% set tables = {
    'headcount': (['headcount'], []),
    'movements': (['opening_headcount', 'joiners', 'exits', 'closing_headcount'], []),
    'turnover': (['turnover_pct'], ['voluntary_turnover_pct']),
    'cost': (['cost', 'cost_per_fte'], []),
    'absence': (['absence_pct'], []),
    'working_time': (['worked_hours_per_day'], ['people_in_breach_pct']),
    'recruiting': (
        ['applications', 'accepted', 'time_to_fill_days_median'],
        ['internal_fill_pct'],
    ),
} %}
{% set pay_tables = {
    'pay_gap': ['value_pct'],
    'pay_quartiles': ['women_pct', 'men_pct'],
} %}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

pay_gap as (
    select * from {{ ref('rpt_pay_gap') }}
),

-- A figure weighs as much as its group has people.
groups as (
    select
        cells.department_group,
        cells.region,
        avg(cells.people) as people
    from cells
    where cells.measure = 'headcount'
    group by cells.department_group, cells.region
),

companies as (
    select
        pay_gap.company,
        max(pay_gap.women + pay_gap.men) as people
    from pay_gap
    group by pay_gap.company
),

unioned as (
    {% for table, (figures, of_the_company) in tables.items() -%}
    {% for figure in figures + of_the_company -%}
    select
        '{{ table }}' as published_table,
        groups.people,
        rows_of.{{ figure }} is null and rows_of.withheld_reason is not null
            as is_withheld
    from {{ ref('rpt_published_' ~ table) }} as rows_of
    inner join groups
        on
            rows_of.department_group = groups.department_group
            and rows_of.region = groups.region
    {% if figure in of_the_company -%}
    where
        rows_of.department_group = 'All'
        and rows_of.region = 'All'
    {% endif -%}
    union all
    {% endfor -%}
    {% endfor -%}
    {% for table, figures in pay_tables.items() -%}
    {% set outer_loop = loop -%}
    {% for figure in figures -%}
    select
        '{{ table }}' as published_table,
        companies.people,
        rows_of.{{ figure }} is null and rows_of.withheld_reason is not null
            as is_withheld
    from {{ ref('rpt_published_' ~ table) }} as rows_of
    inner join companies
        on rows_of.company = companies.company
    {% if not (loop.last and outer_loop.last) %}union all{% endif %}
    {% endfor -%}
    {% endfor %}
),

summed as (
    select
        cast(unioned.published_table as string) as published_table,
        cast(count(*) as bigint) as figures,
        cast(sum(case when unioned.is_withheld then 1 else 0 end) as bigint)
            as figures_withheld,
        {{ published_pct(
            'sum(case when unioned.is_withheld then 0 else unioned.people end)',
            'sum(unioned.people)'
        ) }} as told_pct
    from unioned
    group by unioned.published_table
)

select * from summed
