with people as (
    select * from {{ ref('int_attrition_people_known') }}
),

contracted_hours as (
    select * from {{ ref('stg_payroll__contracted_hours') }}
),

links as (
    select * from {{ ref('int_people_linked') }}
),

hr_systems as (
    {{ united('contracted_hours_known') }}
),

paid as (
    select
        people.employee_key,
        people.month_start_on,
        people.month_end_on,
        contracted_hours.weekly_hours,
        contracted_hours.effective_from,
        contracted_hours.updated_at,
        contracted_hours.contracted_hours_id
    from people
    inner join contracted_hours
        on
            people.employee_number = contracted_hours.employee_number
            and people.known_at >= contracted_hours.known_from
            and people.known_at < contracted_hours.known_to
),

paid_people as (
    select distinct
        paid.employee_key,
        paid.month_start_on
    from paid
),

-- What an HR system says counts where payroll says nothing of the person.
agreed as (
    select
        people.employee_key,
        people.month_start_on,
        hr_systems.weekly_hours,
        row_number() over (
            partition by people.employee_key, people.month_start_on
            order by
                hr_systems.effective_from desc nulls last,
                hr_systems.source_rank asc nulls last,
                hr_systems.weekly_hours asc nulls last
        ) as hours_rank
    from people
    inner join links
        on people.employee_key = links.employee_key
    inner join hr_systems
        on
            links.person_id = hr_systems.person_id
            and people.known_at = hr_systems.known_at
            and people.month_end_on >= hr_systems.effective_from
    left join paid_people
        on
            people.employee_key = paid_people.employee_key
            and people.month_start_on = paid_people.month_start_on
    where paid_people.employee_key is null
),

-- Of several agreements for one day, the one that payroll changed last counts.
ranked_hours as (
    select
        paid.employee_key,
        paid.month_start_on,
        paid.weekly_hours,
        row_number() over (
            partition by paid.employee_key, paid.month_start_on
            order by
                paid.effective_from desc nulls last,
                paid.updated_at desc nulls last,
                paid.contracted_hours_id desc nulls last
        ) as hours_rank
    from paid
    where paid.month_end_on >= paid.effective_from
),

known as (
    select
        ranked_hours.employee_key,
        ranked_hours.weekly_hours,
        ranked_hours.month_start_on
    from ranked_hours
    where ranked_hours.hours_rank = 1
    union all
    select
        agreed.employee_key,
        agreed.weekly_hours,
        agreed.month_start_on
    from agreed
    where agreed.hours_rank = 1
)

select * from known
