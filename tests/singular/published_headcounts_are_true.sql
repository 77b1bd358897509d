{{ config(meta={'requirement': 'BR-13.4'}) }}

-- What is published of a month's headcount is what the exact report says.
with published as (
    select * from {{ ref('rpt_published_headcount') }}
    where headcount is not null
),

headcount as (
    select * from {{ ref('rpt_headcount_monthly') }}
),

department_groups as (
    select * from {{ ref('dim_department_group') }}
),

exact as (
    select
        {{ total_label('department_groups.department_group') }} as department_group,
        {{ total_label('headcount.region') }} as region,
        sum(headcount.headcount) as headcount,
        headcount.month_start_on
    from headcount
    inner join department_groups
        on headcount.department = department_groups.department
    group by
        headcount.month_start_on,
        cube(department_groups.department_group, headcount.region)
)

select
    published.month_start_on,
    published.department_group,
    published.region,
    published.headcount,
    exact.headcount as exact_headcount
from published
left join exact
    on
        published.month_start_on = exact.month_start_on
        and published.department_group = exact.department_group
        and published.region = exact.region
where published.headcount <> coalesce(exact.headcount, 0)
