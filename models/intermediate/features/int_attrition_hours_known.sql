with people as (
    select * from {{ ref('int_attrition_people_known') }}
),

contracted_hours_versions as (
    select * from {{ ref('stg_payroll__contracted_hours_versions') }}
),

-- Of several agreements for one day, the one that payroll changed last counts.
ranked_hours as (
    select
        people.employee_key,
        people.month_start_on,
        contracted_hours_versions.weekly_hours,
        row_number() over (
            partition by people.employee_key, people.month_start_on
            order by
                contracted_hours_versions.effective_from desc nulls last,
                contracted_hours_versions.updated_at desc nulls last,
                contracted_hours_versions.contracted_hours_id desc nulls last
        ) as hours_rank
    from people
    inner join contracted_hours_versions
        on
            people.employee_number = contracted_hours_versions.employee_number
            and people.month_end_on >= contracted_hours_versions.effective_from
            and people.known_at >= contracted_hours_versions.known_from
            and people.known_at < contracted_hours_versions.known_to
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
