with links as (
    select * from {{ ref('int_people_linked') }}
),

unioned as (
    {{ united('employments_derived') }}
),

-- One person is one, whichever system says it.
known as (
    select
        unioned.source_name,
        unioned.employment_id,
        coalesce(links.same_person_id, unioned.person_id) as person_id,
        unioned.employee_number,
        unioned.exit_kind,
        unioned.is_now,
        unioned.born_on,
        unioned.resigned_on,
        unioned.started_on,
        unioned.ended_on,
        unioned.known_at
    from unioned
    left join links
        on unioned.person_id = links.person_id
)

select * from known
