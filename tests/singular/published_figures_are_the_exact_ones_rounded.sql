{{ config(meta={'requirement': 'BR-13.4'}) }}

-- What is published of the company, and of regions by themselves, is what the exact
-- report says, to the nearest step.
with headcount as (
    select * from {{ ref('rpt_headcount_monthly') }}
),

movements as (
    select * from {{ ref('rpt_movements_monthly') }}
),

absence as (
    select * from {{ ref('rpt_absence_monthly') }}
),

costs as (
    select * from {{ ref('rpt_workforce_cost_monthly') }}
),

published_groups as (
    select * from {{ ref('rpt_published_groups') }}
),

published_headcount as (
    select * from {{ ref('rpt_published_headcount') }}
),

published_movements as (
    select * from {{ ref('rpt_published_movements') }}
),

published_absence as (
    select * from {{ ref('rpt_published_absence') }}
),

published_costs as (
    select * from {{ ref('rpt_published_cost') }}
),

-- Regions that are a group of their own, and all of them.
regions as (
    select
        'All' as region,
        'All' as published_region
    union all
    select
        max(published_groups.member) as region,
        published_groups.published_group as published_region
    from published_groups
    where published_groups.dimension = 'region'
    group by published_groups.published_group
    having count(*) = 1
),

exact as (
    select
        'headcount' as figure,
        {{ total_label('headcount.region') }} as region,
        cast(sum(headcount.headcount) as double) as exact_value,
        headcount.month_start_on as period_start_on
    from headcount
    group by headcount.month_start_on, cube (headcount.region)
    {% for figure, exact in {
        'joiners': 'movements.hires + movements.rehires',
        'exits': 'movements.exits_voluntary + movements.exits_involuntary'
            ~ ' + movements.exits_other',
    }.items() -%}
    union all
    select
        '{{ figure }}' as figure,
        {{ total_label('movements.region') }} as region,
        cast(sum({{ exact }}) as double) as exact_value,
        cast({{ dbt.date_trunc('year', 'movements.month_start_on') }} as date)
            as period_start_on
    from movements
    group by
        cast({{ dbt.date_trunc('year', 'movements.month_start_on') }} as date),
        cube (movements.region)
    {% endfor -%}
    union all
    select
        'absence_pct' as figure,
        absence.region,
        100 * cast(sum(absence.lost_days) as double) / sum(absence.scheduled_days)
            as exact_value,
        cast({{ dbt.date_trunc('year', 'absence.month_start_on') }} as date)
            as period_start_on
    from absence
    where absence.department = 'All' and absence.designation = 'All'
    group by
        absence.region,
        cast({{ dbt.date_trunc('year', 'absence.month_start_on') }} as date)
    union all
    select
        'cost' as figure,
        costs.region,
        cast(sum(costs.cost) as double) as exact_value,
        cast({{ dbt.date_trunc('year', 'costs.month_start_on') }} as date)
            as period_start_on
    from costs
    where costs.department = 'All' and costs.designation = 'All'
    group by
        costs.region,
        cast({{ dbt.date_trunc('year', 'costs.month_start_on') }} as date)
),

published as (
    select
        'headcount' as figure,
        published_headcount.department_group,
        published_headcount.region,
        cast(published_headcount.headcount as double) as published_value,
        cast(published_headcount.count_step as double) as step,
        published_headcount.month_start_on as period_start_on
    from published_headcount
    {% for figure in ['joiners', 'exits'] -%}
    union all
    select
        '{{ figure }}' as figure,
        published_movements.department_group,
        published_movements.region,
        cast(published_movements.{{ figure }} as double) as published_value,
        cast(published_movements.count_step as double) as step,
        published_movements.year_start_on as period_start_on
    from published_movements
    {% endfor -%}
    union all
    select
        'absence_pct' as figure,
        published_absence.department_group,
        published_absence.region,
        cast(published_absence.absence_pct as double) as published_value,
        0.1 as step,
        published_absence.year_start_on as period_start_on
    from published_absence
    union all
    select
        'cost' as figure,
        published_costs.department_group,
        published_costs.region,
        cast(published_costs.cost as double) as published_value,
        {{ published_step('cost') }} as step,
        published_costs.year_start_on as period_start_on
    from published_costs
)

select
    published.*,
    exact.exact_value
from published
inner join regions
    on published.region = regions.published_region
left join exact
    on
        published.figure = exact.figure
        and regions.region = exact.region
        and published.period_start_on = exact.period_start_on
where
    published.department_group = 'All'
    and published.published_value is not null
    and (
        exact.exact_value is null
        -- A step's half, and a cent for each of many roundings of the exact report.
        or abs(published.published_value - exact.exact_value)
        > published.step / 2 + 0.000001 * abs(exact.exact_value)
    )
