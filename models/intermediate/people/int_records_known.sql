with links as (
    select * from {{ ref('int_people_linked') }}
),

employments as (
    select * from {{ ref('int_employments_linked') }}
),

unioned as (
    {{ united('records_known') }}
),

-- One person is one, whichever system says it.
known as (
    select
        unioned.record_id,
        coalesce(employments.same_employment_id, unioned.employment_id)
            as employment_id,
        coalesce(links.same_person_id, unioned.person_id) as person_id,
        unioned.is_now,
        unioned.known_at
    from unioned
    left join links
        on unioned.person_id = links.person_id
    left join employments
        on
            unioned.known_at = employments.known_at
            and unioned.employment_id = employments.employment_id
)

select * from known
