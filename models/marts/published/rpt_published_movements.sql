{{ config(alias='movements') }}

{#- Headcounts at the close of a month that lies so many months from the year's first. -#}
{% set closes = {'opening_headcount': -1, 'closing_headcount': 11} %}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

flows as (
    select
        cells.department_group,
        cells.region,
        {{ told('joiners') }} as joiners,
        {{ told('exits') }} as exits,
        max(cells.count_step) as count_step,
        cells.period_start_on as year_start_on
    from cells
    where cells.measure in ('joiners', 'exits')
    group by cells.department_group, cells.region, cells.period_start_on
),

headcounts as (
    select
        cells.department_group,
        cells.region,
        case when cells.is_told then cells.rounded_events end as headcount,
        cells.period_start_on as month_start_on
    from cells
    where cells.measure = 'headcount'
),

joined as (
    select
        flows.*,
        {% for close in closes -%}
        {{ close }}s.headcount as {{ close }}{{ ',' if not loop.last }}
        {% endfor %}
    from flows
    {% for close, months in closes.items() -%}
    left join headcounts as {{ close }}s
        on
            flows.department_group = {{ close }}s.department_group
            and flows.region = {{ close }}s.region
            and {{ close }}s.month_start_on
            = cast({{ dbt.dateadd('month', months, 'flows.year_start_on') }} as date)
    {% endfor %}
),

reported as (
    select
        joined.department_group,
        joined.region,
        {{ withheld_reason('joined', [
            'opening_headcount', 'joiners', 'exits', 'closing_headcount',
        ]) }} as withheld_reason,
        joined.opening_headcount,
        joined.joiners,
        joined.exits,
        joined.closing_headcount,
        joined.count_step,
        joined.year_start_on
    from joined
)

select * from reported
