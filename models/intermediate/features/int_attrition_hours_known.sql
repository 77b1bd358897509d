with people as (
    select * from {{ ref('int_attrition_people_known') }}
),

contracted_hours as (
    select * from {{ ref('stg_payroll__contracted_hours') }}
),

-- Of several agreements for one day, the one that payroll changed last counts.
ranked_hours as (
    select
        people.employee_key,
        people.month_start_on,
        contracted_hours.weekly_hours,
        row_number() over (
            partition by people.employee_key, people.month_start_on
            order by
                contracted_hours.effective_from desc nulls last,
                contracted_hours.updated_at desc nulls last,
                contracted_hours.contracted_hours_id desc nulls last
        ) as hours_rank
    from people
    inner join contracted_hours
        on
            people.employee_number = contracted_hours.employee_number
            and people.month_end_on >= contracted_hours.effective_from
            and people.known_at >= contracted_hours.known_from
            and people.known_at < contracted_hours.known_to
),

known as (
    select
        ranked_hours.employee_key,
        ranked_hours.weekly_hours,
        ranked_hours.month_start_on
    from ranked_hours
    where ranked_hours.hours_rank = 1
)

select * from known
