with contracted_hours as (
    select * from {{ ref('stg_payroll__contracted_hours') }}
    where known_to = {{ never() }}
),

numbers as (
    select * from {{ ref('int_identifiers_held') }}
    where identifier_kind = 'employee_number'
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

conformed as (
    select
        ranked.employee_key,
        ranked.weekly_hours,
        ranked.effective_from
    from ranked
    where ranked.hours_rank = 1
)

select * from conformed
