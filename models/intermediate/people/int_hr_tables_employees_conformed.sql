with people as (
    select * from {{ ref('int_hr_tables_people_known') }}
    where is_now
),

conformed as (
    select
        people.source_rank,
        people.source_name,
        people.record_id as person_id,
        people.employee_number,
        people.first_name,
        people.last_name,
        case when people.sex <> 'undeclared' then people.sex end as gender,
        people.born_on
    from people
)

select * from conformed
