with links as (
    select * from {{ ref('int_people_linked') }}
),

employments as (
    select * from {{ ref('int_employments_known') }}
    where is_now
),

conformed as (
    select
        employments.source_name,
        employments.employment_id,
        links.employee_key,
        employments.exit_kind,
        employments.employment_number,
        employments.started_on,
        employments.ended_on
    from employments
    inner join links
        on employments.person_id = links.person_id
)

select * from conformed
