with links as (
    select * from {{ ref('int_people_linked') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

assignments as (
    select * from {{ ref('int_assignments_known') }}
    where is_now
),

conformed as (
    select
        employments.employment_id,
        employments.employee_key,
        managers.employee_key as manager_employee_key,
        assignments.company_id,
        assignments.department_id,
        assignments.branch_id,
        assignments.designation_id,
        assignments.grade_id,
        assignments.employment_type_id,
        greatest(assignments.effective_from, employments.started_on) as effective_from,
        least(assignments.effective_to, employments.ended_on) as effective_to
    from assignments
    inner join employments
        on assignments.employment_id = employments.employment_id
    left join links as managers
        on assignments.manager_person_id = managers.person_id
    where
        assignments.effective_to > employments.started_on
        and assignments.effective_from < employments.ended_on
)

select * from conformed
