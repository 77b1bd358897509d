with links as (
    select * from {{ ref('int_people_linked') }}
),

employments as (
    select * from {{ ref('int_employments_known') }}
    where is_now
),

linked as (
    select
        employments.source_name,
        employments.employment_id,
        links.employee_key,
        employments.exit_kind,
        employments.started_on,
        employments.ended_on,
        max(employments.ended_on) over (
            partition by links.employee_key
            order by
                employments.started_on nulls last,
                employments.employment_id nulls last
            rows between unbounded preceding and 1 preceding
        ) as taken_until
    from employments
    inner join links
        on employments.person_id = links.person_id
),

-- Nobody is employed twice at once, also where two systems know them.
disjoint as (
    select
        linked.*,
        greatest(linked.started_on, coalesce(linked.taken_until, linked.started_on))
            as begins_on
    from linked
),

conformed as (
    select
        disjoint.source_name,
        disjoint.employment_id,
        disjoint.employee_key,
        disjoint.exit_kind,
        row_number() over (
            partition by disjoint.employee_key
            order by disjoint.begins_on nulls last, disjoint.employment_id nulls last
        ) as employment_number,
        disjoint.begins_on as started_on,
        disjoint.ended_on
    from disjoint
    where disjoint.begins_on < disjoint.ended_on
)

select * from conformed
