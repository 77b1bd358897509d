with contracted_hours as (
    select * from {{ ref('stg_payroll__contracted_hours') }}
    where known_to = {{ never() }}
),

numbers as (
    select * from {{ ref('int_identifiers_held') }}
    where identifier_kind = 'employee_number'
),

links as (
    select * from {{ ref('int_people_linked') }}
),

hr_systems as (
    {{ united('contracted_hours_known') }}
),

-- Of several rows for one day, the one that payroll changed last counts.
ranked as (
    select
        numbers.employee_key,
        contracted_hours.weekly_hours,
        contracted_hours.effective_from,
        row_number() over (
            partition by numbers.employee_key, contracted_hours.effective_from
            order by
                contracted_hours.updated_at desc nulls last,
                contracted_hours.contracted_hours_id desc nulls last
        ) as hours_rank
    from contracted_hours
    inner join numbers
        on
            contracted_hours.employee_number = numbers.identifier
            and contracted_hours.effective_from >= numbers.held_from
            and contracted_hours.effective_from < numbers.held_to
    where numbers.employee_key is not null
),

paid as (
    select
        ranked.employee_key,
        ranked.weekly_hours,
        false as is_assumed,
        ranked.effective_from
    from ranked
    where ranked.hours_rank = 1
),

paid_people as (
    select distinct paid.employee_key
    from paid
),

-- What an HR system says counts where payroll says nothing of the person.
agreed as (
    select
        links.employee_key,
        hr_systems.weekly_hours,
        hr_systems.is_assumed,
        hr_systems.effective_from,
        row_number() over (
            partition by links.employee_key, hr_systems.effective_from
            order by
                hr_systems.source_rank nulls last,
                hr_systems.weekly_hours nulls last
        ) as system_rank
    from hr_systems
    inner join links
        on hr_systems.person_id = links.person_id
    left join paid_people
        on links.employee_key = paid_people.employee_key
    where hr_systems.is_now and paid_people.employee_key is null
),

conformed as (
    select
        paid.employee_key,
        paid.weekly_hours,
        paid.is_assumed,
        paid.effective_from
    from paid
    union all
    select
        agreed.employee_key,
        agreed.weekly_hours,
        agreed.is_assumed,
        agreed.effective_from
    from agreed
    where agreed.system_rank = 1
)

select * from conformed
