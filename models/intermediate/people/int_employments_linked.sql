with links as (
    select * from {{ ref('int_people_linked') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
),

unioned as (
    {{ united('employments_derived') }}
),

-- One person is one, whichever system says it.
identified as (
    select
        unioned.*,
        coalesce(links.same_person_id, unioned.person_id) as same_person_id,
        sites.handed_over_on
    from unioned
    left join links
        on unioned.person_id = links.person_id
    left join sites
        on unioned.source_name = sites.source_name
),

-- Until one system hands over to another, it alone tells of the people whom it has.
handed_over as (
    select
        identified.*,
        case
            when identified.handed_over_on is null
                then
                    greatest(
                        identified.started_on,
                        coalesce(
                            max(identified.handed_over_on) over (
                                partition by
                                    identified.known_at, identified.same_person_id
                            ),
                            identified.started_on
                        )
                    )
            else identified.started_on
        end as told_from
    from identified
),

-- Nobody is employed twice at once, also where two systems know them.
following as (
    select
        handed_over.*,
        max(handed_over.ended_on) over (
            partition by handed_over.known_at, handed_over.same_person_id
            order by
                handed_over.told_from nulls last, handed_over.employment_id nulls last
            rows between unbounded preceding and 1 preceding
        ) as taken_until
    from handed_over
),

disjoint as (
    select
        following.*,
        greatest(
            following.told_from, coalesce(following.taken_until, following.told_from)
        ) as begins_on
    from following
),

compared as (
    select
        disjoint.*,
        coalesce(
            lag(disjoint.handed_over_on) over (
                partition by disjoint.known_at, disjoint.same_person_id
                order by
                    disjoint.begins_on nulls last, disjoint.employment_id nulls last
            ) = disjoint.begins_on
            and disjoint.taken_until = disjoint.begins_on,
            false
        ) as is_continued
    from disjoint
    where disjoint.begins_on < disjoint.ended_on
),

numbered as (
    select
        compared.*,
        sum(case when compared.is_continued then 0 else 1 end) over (
            partition by compared.known_at, compared.same_person_id
            order by compared.begins_on nulls last, compared.employment_id nulls last
            rows between unbounded preceding and current row
        ) as employment_number
    from compared
),

linked as (
    select
        numbered.source_name,
        numbered.employment_id,
        min(
            case when not numbered.is_continued then numbered.employment_id end
        ) over (
            partition by
                numbered.known_at, numbered.same_person_id, numbered.employment_number
        ) as same_employment_id,
        numbered.same_person_id as person_id,
        numbered.employee_number,
        numbered.exit_kind,
        cast(numbered.employment_number as bigint) as employment_number,
        numbered.is_continued,
        numbered.is_now,
        numbered.born_on,
        numbered.resigned_on,
        numbered.begins_on,
        numbered.ended_on,
        numbered.handed_over_on,
        numbered.known_at
    from numbered
)

select * from linked
