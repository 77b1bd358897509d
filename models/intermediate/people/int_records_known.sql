with links as (
    select * from {{ ref('int_people_linked') }}
),

unioned as (
    {{ united('records_known') }}
),

-- One person is one, whichever system says it.
known as (
    select
        unioned.record_id,
        unioned.employment_id,
        coalesce(links.same_person_id, unioned.person_id) as person_id,
        unioned.is_now,
        unioned.known_at
    from unioned
    left join links
        on unioned.person_id = links.person_id
)

select * from known
