with departments as (
    select * from {{ ref('dim_department') }}
),

-- What is before the department in its path are those above it, the root first.
split as (
    select
        departments.department,
        departments.department_path,
        case
            when departments.department_depth = 0 then departments.department
            else
                {{ dbt.split_part('departments.department_path', "' / '", 2) }}
        end as department_group
    from departments
),

-- Reports tell departments by label: one that stands in two groups counts in the first.
grouped as (
    select
        split.department,
        cast(min(split.department_group) as string) as department_group
    from split
    group by split.department
)

select * from grouped
