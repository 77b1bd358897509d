{#-
A person may be in several HR systems. They are one where the seed `same_people` says so, or
where they bear the same number and were born on the same day; where one of the days is
unknown, if they worked for the same company, since numbers are a company's. The systems come
in the order of the var `hr_sources`, and the first one's record is the person.
-#}
with same_people as (
    select * from {{ ref('same_people') }}
),

unioned as (
    {{ united('employees_conformed') }}
),

-- A number that two people of one system bear tells neither of them.
numbered as (
    select
        unioned.*,
        count(*) over (
            partition by unioned.source_rank, unioned.employee_number
        ) as bearers
    from unioned
    where unioned.employee_number is not null
),

assignments as (
    {{ united('assignments_walked_back') }}
),

candidates as (
    select
        later.person_id,
        earlier.person_id as same_person_id,
        earlier.source_rank,
        coalesce(later.born_on = earlier.born_on, false) as are_born_alike
    from numbered as later
    inner join numbered as earlier
        on
            later.employee_number = earlier.employee_number
            and later.source_rank > earlier.source_rank
            and coalesce(later.born_on = earlier.born_on, true)
    where
        later.bearers = 1
        and earlier.bearers = 1
),

colleagues as (
    select distinct
        candidates.person_id,
        candidates.same_person_id
    from candidates
    inner join assignments as own
        on candidates.person_id = own.person_id
    inner join assignments as same
        on
            candidates.same_person_id = same.person_id
            and coalesce(own.company_id, '') = coalesce(same.company_id, '')
    where not candidates.are_born_alike
),

matches as (
    select
        candidates.person_id,
        candidates.same_person_id,
        row_number() over (
            partition by candidates.person_id
            order by
                candidates.source_rank nulls last, candidates.same_person_id nulls last
        ) as match_rank
    from candidates
    left join colleagues
        on
            candidates.person_id = colleagues.person_id
            and candidates.same_person_id = colleagues.same_person_id
    where candidates.are_born_alike or colleagues.person_id is not null
),

told as (
    select
        same_people.person_id,
        same_people.same_as_person_id
    from same_people
    inner join unioned
        on same_people.same_as_person_id = unioned.person_id
),

identified as (
    select
        unioned.person_id,
        coalesce(
            told.same_as_person_id, matches.same_person_id, unioned.person_id
        ) as same_person_id
    from unioned
    left join told
        on unioned.person_id = told.person_id
    left join matches
        on
            unioned.person_id = matches.person_id
            and matches.match_rank = 1
),

linked as (
    select
        identified.person_id,
        identified.same_person_id,
        {{ pseudonym('identified.same_person_id') }} as employee_key
    from identified
)

select * from linked
