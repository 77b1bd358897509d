with departments as (
    select * from {{ ref('stg_frappe_hr__departments') }}
    where known_to = {{ never() }}
),

conformed as (
    select
        departments.department_id,
        departments.parent_department_id,
        departments.company_id,
        departments.department_name,
        departments.is_group,
        departments.is_disabled
    from departments
)

select * from conformed
