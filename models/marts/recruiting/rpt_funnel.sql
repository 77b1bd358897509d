{#- The stages in the order of the process. -#}
{% set stages = ['applied', 'screened', 'interviewed', 'offered', 'accepted'] %}
{% set ends = ['rejected', 'withdrawn', 'open'] %}
{% set dimensions = ['department', 'branch'] %}

with applications as (
    select * from {{ ref('fct_applications') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

staged as (
    select
        applications.department,
        applications.branch,
        applications.outcome,
        case applications.furthest_stage
            {% for stage in stages -%}
            when '{{ stage }}' then {{ loop.index }}
            {% endfor %}
        end as furthest_rank,
        cast({{ dbt.date_trunc('month', 'applications.applied_on') }} as date)
            as month_start_on
    from applications
),

-- What reached a stage reached all those before it, entered or not.
counted as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('staged.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        count(*) as applied,
        {% for stage in stages[1:] -%}
        sum(case when staged.furthest_rank >= {{ loop.index + 1 }} then 1 else 0 end)
            as {{ stage }},
        {% endfor -%}
        {% for end in ends -%}
        sum(case when staged.outcome = '{{ end }}' then 1 else 0 end) as {{ end }},
        {% endfor -%}
        staged.month_start_on
    from staged
    inner join reporting_period
        on
            staged.month_start_on >= reporting_period.first_month_on
            and staged.month_start_on <= reporting_period.last_month_on
    group by staged.month_start_on, cube (staged.department, staged.branch)
),

rated as (
    select
        counted.department,
        counted.branch,
        cast(counted.applied as bigint) as applications,
        {% for stage in stages[1:] -%}
        cast(counted.{{ stage }} as bigint) as {{ stage }},
        {% endfor -%}
        {% for end in ends -%}
        cast(counted.{{ end }} as bigint) as {{ end }},
        {% endfor -%}
        {% for stage in stages[1:] -%}
        cast(100 * counted.{{ stage }} as double)
        / nullif(counted.{{ stages[loop.index0] }}, 0) as {{ stage }}_pct,
        {% endfor -%}
        counted.month_start_on
    from counted
)

select * from rated
