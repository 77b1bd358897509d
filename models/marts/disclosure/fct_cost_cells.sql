-- The exact cost of a cell with one person is what that person earns.
{{ config(database='restricted') }}

{% set measures = ['gross_pay', 'employer_cost', 'fte'] %}

with costs as (
    select * from {{ ref('rpt_workforce_cost_monthly') }}
),

department_groups as (
    select * from {{ ref('dim_department_group') }}
),

-- By year: from one month, or quarter, to the next a few joiners' pay would stand out.
years as (
    select
        cast({{ dbt.date_trunc('year', 'costs.month_start_on') }} as date)
            as year_start_on
    from costs
    where
        costs.department = 'All'
        and costs.region = 'All'
        and costs.designation = 'All'
        and costs.cost is not null
    group by cast({{ dbt.date_trunc('year', 'costs.month_start_on') }} as date)
    having count(*) = 12
),

grouped as (
    select
        department_groups.department_group,
        department_groups.department,
        costs.region,
        costs.people_paid,
        {% for measure in measures -%}
        costs.{{ measure }},
        {% endfor -%}
        costs.month_start_on,
        years.year_start_on
    from costs
    inner join department_groups
        on costs.department = department_groups.department
    inner join years
        on
            cast({{ dbt.date_trunc('year', 'costs.month_start_on') }} as date)
            = years.year_start_on
    where
        costs.region <> 'All'
        and costs.designation = 'All'
),

-- Who knows the totals alone does not know which department is where.
places as (
    select distinct grouped.region
    from grouped
),

held_departments as (
    select distinct
        grouped.department_group,
        grouped.department,
        grouped.month_start_on,
        grouped.year_start_on
    from grouped
),

complete as (
    select
        held_departments.department_group,
        held_departments.department,
        places.region,
        0 as people_paid,
        {% for measure in measures -%}
        0 as {{ measure }},
        {% endfor -%}
        held_departments.month_start_on,
        held_departments.year_start_on
    from held_departments
    cross join places
    union all
    select * from grouped
),

by_month as (
    select
        {{ total_label('complete.department_group') }} as department_group,
        {{ total_label('complete.department') }} as department,
        {{ total_label('complete.region') }} as region,
        sum(complete.people_paid) as people,
        {% for measure in measures -%}
        sum(complete.{{ measure }}) as {{ measure }},
        {% endfor -%}
        complete.month_start_on,
        complete.year_start_on
    from complete
    group by
        complete.month_start_on,
        complete.year_start_on,
        rollup(complete.department_group, complete.department),
        cube(complete.region)
),

-- At least as many people as in the month with most: who came and went is not counted.
cells as (
    select
        by_month.department_group,
        by_month.department,
        by_month.region,
        max(by_month.people) as people,
        {% for measure in measures -%}
        sum(by_month.{{ measure }}) as {{ measure }},
        {% endfor -%}
        by_month.year_start_on
    from by_month
    group by
        by_month.department_group,
        by_month.department,
        by_month.region,
        by_month.year_start_on
),

judged as (
    {{ protected_cells(
        cells='cells',
        dimensions=[['department_group', 'department'], ['region']],
        line='year_start_on',
        measures=measures,
        minimum=disclosure_minimum(),
        published="department = 'All' or region = 'All'",
    ) | indent(4) }}
),

reported as (
    select
        cast(judged.department_group as string) as department_group,
        cast(judged.department as string) as department,
        cast(judged.region as string) as region,
        cast(judged.people as bigint) as people,
        cast(judged.gross_pay as decimal(18, 2)) as gross_pay,
        cast(judged.employer_cost as decimal(18, 2)) as employer_cost,
        cast(judged.fte as decimal(18, 4)) as fte_months,
        judged.is_published,
        judged.is_primary,
        judged.is_withheld,
        judged.year_start_on
    from judged
)

select * from reported
