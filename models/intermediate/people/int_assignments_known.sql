with links as (
    select * from {{ ref('int_people_linked') }}
),

unioned as (
    {{ united('assignments_walked_back') }}
),

-- One person is one, whichever system says it.
known as (
    select
        unioned.source_name,
        unioned.record_id,
        unioned.employment_id,
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
        unioned.effective_from,
        unioned.effective_to,
        unioned.known_at
    from unioned
    left join links
        on unioned.person_id = links.person_id
    left join links as manager_links
        on unioned.manager_person_id = manager_links.person_id
)

select * from known
