with links as (
    select * from {{ ref('int_people_linked') }}
),

unioned as (
    {{ united('employees_conformed') }}
),

conformed as (
    select
        unioned.source_name,
        links.employee_key,
        unioned.person_id,
        unioned.employee_number,
        unioned.first_name,
        unioned.last_name,
        unioned.gender,
        case
            when lower(trim(unioned.gender)) in ('female', 'male')
                then lower(trim(unioned.gender))
            when
                coalesce(trim(unioned.gender), '') = ''
                or lower(trim(unioned.gender)) = 'prefer not to say'
                then 'undeclared'
            else 'other'
        end as sex,
        unioned.born_on
    from unioned
    inner join links
        on unioned.person_id = links.person_id
    where links.person_id = links.same_person_id
)

select * from conformed
