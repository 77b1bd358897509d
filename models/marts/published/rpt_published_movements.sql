{{ config(alias='movements') }}

{% set flows = ['joiners', 'transfers_in', 'transfers_out', 'exits'] %}
{% set figures = ['opening_headcount'] + flows + ['closing_headcount'] %}

with cells as (
    select * from {{ ref('fct_workforce_cells') }}
),

years as (
    select distinct cells.period_start_on as year_start_on
    from cells
    where cells.measure = 'joiners'
),

figures as (
    select
        cells.department_group,
        cells.region,
        cells.measure as figure,
        cells.people,
        cells.is_withheld,
        cells.period_start_on as year_start_on
    from cells
    where cells.measure in ('joiners', 'transfers_in', 'transfers_out', 'exits')
    {% for figure, months in [('opening_headcount', -1), ('closing_headcount', 11)] -%}
    union all
    select
        cells.department_group,
        cells.region,
        '{{ figure }}' as figure,
        cells.people,
        cells.is_withheld,
        years.year_start_on
    from cells
    inner join years
        on
            cells.period_start_on
            = cast({{ dbt.dateadd('month', months, 'years.year_start_on') }} as date)
    where cells.measure = 'headcount'
    {% endfor %}
),

reported as (
    select
        figures.department_group,
        figures.region,
        {{ withheld_reason(
            'max(case when figures.is_withheld then 1 else 0 end) = 1'
        ) }} as withheld_reason,
        {% for figure in figures -%}
        max(
            case
                when figures.figure = '{{ figure }}' and not figures.is_withheld
                    then figures.people
            end
        ) as {{ figure }},
        {% endfor -%}
        figures.year_start_on
    from figures
    where figures.department_group = 'All' or figures.region = 'All'
    group by figures.department_group, figures.region, figures.year_start_on
    -- A row that is not there tells that there is nobody.
    having
        sum(figures.people) > 0
        or max(case when figures.is_withheld then 1 else 0 end) = 1
)

select * from reported
