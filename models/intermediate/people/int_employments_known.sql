with links as (
    select * from {{ ref('int_people_linked') }}
),

unioned as (
    {{ united('employments_derived') }}
),

-- One person is one, whichever system says it.
linked as (
    select
        unioned.*,
        coalesce(links.same_person_id, unioned.person_id) as same_person_id
    from unioned
    left join links
        on unioned.person_id = links.person_id
),

-- Nobody is employed twice at once, also where two systems know them.
following as (
    select
        linked.*,
        max(linked.ended_on) over (
            partition by linked.known_at, linked.same_person_id
            order by linked.started_on nulls last, linked.employment_id nulls last
            rows between unbounded preceding and 1 preceding
        ) as taken_until
    from linked
),

disjoint as (
    select
        following.*,
        greatest(
            following.started_on, coalesce(following.taken_until, following.started_on)
        ) as begins_on
    from following
),

known as (
    select
        disjoint.source_name,
        disjoint.employment_id,
        disjoint.same_person_id as person_id,
        disjoint.employee_number,
        disjoint.exit_kind,
        row_number() over (
            partition by disjoint.known_at, disjoint.same_person_id
            order by disjoint.begins_on nulls last, disjoint.employment_id nulls last
        ) as employment_number,
        disjoint.is_now,
        disjoint.born_on,
        disjoint.resigned_on,
        disjoint.begins_on as started_on,
        disjoint.ended_on,
        disjoint.known_at
    from disjoint
    where disjoint.begins_on < disjoint.ended_on
)

select * from known
