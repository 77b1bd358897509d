with links as (
    select * from {{ ref('int_people_linked') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

unioned as (
    {{ united('assignments_walked_back') }}
),

conformed as (
    select
        employments.employment_id,
        employments.employee_key,
        managers.employee_key as manager_employee_key,
        unioned.company_id,
        unioned.department_id,
        unioned.branch_id,
        unioned.designation_id,
        unioned.grade_id,
        unioned.employment_type_id,
        greatest(unioned.effective_from, employments.started_on) as effective_from,
        least(unioned.effective_to, employments.ended_on) as effective_to
    from unioned
    inner join employments
        on unioned.employment_id = employments.employment_id
    left join links as managers
        on unioned.manager_person_id = managers.person_id
    where
        unioned.effective_to > employments.started_on
        and unioned.effective_from < employments.ended_on
)

select * from conformed
