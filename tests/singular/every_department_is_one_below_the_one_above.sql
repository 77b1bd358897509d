-- In a ring, nobody would be; a path would name a department twice.
with departments as (
    select * from {{ ref('dim_department') }}
)

select
    departments.department_key,
    departments.department_depth,
    above.department_depth as depth_above
from departments
left join departments as above
    on departments.parent_department_id = above.department_id
where
    coalesce(above.department_depth, 0) < 15
    and departments.department_depth <> coalesce(above.department_depth + 1, 0)
