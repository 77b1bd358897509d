with links as (
    select * from {{ ref('int_people_linked') }}
),

employments as (
    select * from {{ ref('int_employments_linked') }}
),

unioned as (
    {{ united('assignments_walked_back') }}
),

-- One person is one, whichever system says it.
known as (
    select
        unioned.source_name,
        unioned.record_id,
        employments.same_employment_id as employment_id,
        coalesce(links.same_person_id, unioned.person_id) as person_id,
        coalesce(manager_links.same_person_id, unioned.manager_person_id)
            as manager_person_id,
        unioned.company_id,
        unioned.department_id,
        unioned.branch_id,
        unioned.designation_id,
        unioned.grade_id,
        unioned.employment_type_id,
        unioned.is_now,
        greatest(unioned.effective_from, employments.begins_on) as effective_from,
        least(unioned.effective_to, employments.ended_on) as effective_to,
        unioned.known_at
    from unioned
    inner join employments
        on
            unioned.known_at = employments.known_at
            and unioned.employment_id = employments.employment_id
            and unioned.effective_from < employments.ended_on
            and unioned.effective_to > employments.begins_on
    left join links
        on unioned.person_id = links.person_id
    left join links as manager_links
        on unioned.manager_person_id = manager_links.person_id
)

select * from known
