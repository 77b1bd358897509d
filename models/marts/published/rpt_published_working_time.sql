{{ config(alias='working_time') }}

{% set breaches = ['breaches_weekly_hours', 'breaches_daily_rest'] %}

with cells as (
    select * from {{ ref('fct_working_time_cells') }}
),

reported as (
    select
        cells.department_group,
        cells.region,
        {{ withheld_reason(
            'max(case when cells.is_withheld then 1 else 0 end) = 1'
        ) }} as withheld_reason,
        cast(
            max(
                case
                    when cells.measure = 'worked_hours' and not cells.is_withheld
                        then cells.amount
                end
            ) as decimal(18, 4)
        ) as worked_hours,
        {% for measure in breaches -%}
        cast(
            max(
                case
                    when cells.measure = '{{ measure }}' and not cells.is_withheld
                        then cells.amount
                end
            ) as bigint
        ) as {{ measure }},
        {% endfor -%}
        cells.quarter_start_on
    from cells
    group by cells.department_group, cells.region, cells.quarter_start_on
    -- A row that is not there tells that there is nobody.
    having
        sum(cells.people) > 0
        or max(case when cells.is_withheld then 1 else 0 end) = 1
)

select * from reported
