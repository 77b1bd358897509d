with pay_levels as (
    select * from {{ ref('int_pay_levels_by_year') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

training as (
    select * from {{ ref('int_training_years_derived') }}
),

people as (
    select distinct
        pay_levels.employee_key,
        pay_levels.reference_year,
        pay_levels.reference_on
    from pay_levels
    where pay_levels.regime = 'eu'
),

-- The last employment that had begun by the end of the year.
service as (
    select
        people.employee_key,
        people.reference_year,
        max(employments.started_on) as started_on
    from people
    inner join employments
        on
            people.employee_key = employments.employee_key
            and people.reference_on >= employments.started_on
            and employments.started_on < employments.ended_on
    group by people.employee_key, people.reference_year
),

-- On the last day of a year, completed years are the calendar years between.
counted as (
    select
        people.employee_key,
        people.reference_year,
        people.reference_year - extract(year from employees.born_on) as age_years,
        people.reference_year - extract(year from service.started_on)
            as service_years,
        training.training_years
    from people
    inner join employees
        on people.employee_key = employees.employee_key
    left join service
        on
            people.employee_key = service.employee_key
            and people.reference_year = service.reference_year
    left join training
        on people.employee_key = training.employee_key
),

derived as (
    select
        counted.employee_key,
        counted.reference_year,
        cast(counted.age_years as bigint) as age_years,
        cast(counted.service_years as bigint) as service_years,
        cast(counted.training_years as bigint) as training_years,
        cast(
            case
                when counted.age_years - counted.training_years - 6 < 0 then 0
                else counted.age_years - counted.training_years - 6
            end as bigint
        ) as potential_experience_years
    from counted
)

select * from derived
