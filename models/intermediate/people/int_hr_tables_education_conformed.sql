with people as (
    select * from {{ ref('int_hr_tables_people_known') }}
    where is_now
),

conformed as (
    select
        people.source_rank,
        people.source_name,
        people.record_id as person_id,
        people.education_level
    from people
    where people.education_level is not null
)

select * from conformed
