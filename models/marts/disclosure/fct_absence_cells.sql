{% set measures = ['scheduled_days', 'lost_days'] %}

with absences as (
    select * from {{ ref('rpt_absence_monthly') }}
),

headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

department_groups as (
    select * from {{ ref('dim_department_group') }}
),

quarters as (
    select
        cast({{ dbt.date_trunc('quarter', 'absences.month_start_on') }} as date)
            as quarter_start_on
    from absences
    where
        absences.department = 'All'
        and absences.region = 'All'
        and absences.designation = 'All'
    group by cast({{ dbt.date_trunc('quarter', 'absences.month_start_on') }} as date)
    having count(*) = 3
),

unioned as (
    select
        absences.department,
        absences.region,
        0 as people,
        absences.scheduled_days,
        absences.lost_days,
        absences.month_start_on
    from absences
    where
        absences.department <> 'All'
        and absences.region <> 'All'
        and absences.designation = 'All'
    union all
    select
        headcount.department,
        headcount.region,
        1 as people,
        0 as scheduled_days,
        0 as lost_days,
        headcount.month_start_on
    from headcount
),

grouped as (
    select
        department_groups.department_group,
        department_groups.department,
        unioned.region,
        unioned.people,
        {% for measure in measures -%}
        unioned.{{ measure }},
        {% endfor -%}
        unioned.month_start_on,
        quarters.quarter_start_on
    from unioned
    inner join department_groups
        on unioned.department = department_groups.department
    inner join quarters
        on
            cast({{ dbt.date_trunc('quarter', 'unioned.month_start_on') }} as date)
            = quarters.quarter_start_on
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
        grouped.quarter_start_on
    from grouped
),

complete as (
    select
        held_departments.department_group,
        held_departments.department,
        places.region,
        0 as people,
        {% for measure in measures -%}
        0 as {{ measure }},
        {% endfor -%}
        held_departments.month_start_on,
        held_departments.quarter_start_on
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
        sum(complete.people) as people,
        {% for measure in measures -%}
        sum(complete.{{ measure }}) as {{ measure }},
        {% endfor -%}
        complete.month_start_on,
        complete.quarter_start_on
    from complete
    group by
        complete.month_start_on,
        complete.quarter_start_on,
        rollup(complete.department_group, complete.department),
        cube(complete.region)
),

-- At least as many people as at the month's end with most, and somebody where days are.
cells as (
    select
        by_month.department_group,
        by_month.department,
        by_month.region,
        greatest(
            max(by_month.people),
            max(case when by_month.scheduled_days > 0 then 1 else 0 end)
        ) as people,
        {% for measure in measures -%}
        sum(by_month.{{ measure }}) as {{ measure }},
        {% endfor -%}
        by_month.quarter_start_on
    from by_month
    group by
        by_month.department_group,
        by_month.department,
        by_month.region,
        by_month.quarter_start_on
),

judged as (
    {{ protected_cells(
        cells='cells',
        dimensions=[['department_group', 'department'], ['region']],
        line='quarter_start_on',
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
        cast(judged.scheduled_days as bigint) as scheduled_days,
        cast(judged.lost_days as decimal(18, 1)) as lost_days,
        judged.is_published,
        judged.is_primary,
        judged.is_withheld,
        judged.quarter_start_on
    from judged
)

select * from reported
