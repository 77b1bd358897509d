with education as (
    {{ united('education_conformed') }}
),

links as (
    select * from {{ ref('int_people_linked') }}
),

education_levels as (
    select * from {{ ref('education_levels') }}
),

-- The highest level that any record of the person says.
derived as (
    select
        links.employee_key,
        max(education_levels.training_years) as training_years
    from education
    inner join links
        on education.person_id = links.person_id
    inner join education_levels
        on
            lower(trim(education.education_level))
            = lower(trim(education_levels.education_level))
    group by links.employee_key
)

select * from derived
