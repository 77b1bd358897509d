with employments as (
    select * from {{ ref('int_hr_tables_employments_derived') }}
    where is_now
),

claimed as (
    select
        employments.source_rank,
        employments.source_name,
        employments.person_id,
        cast('employee_number' as string) as identifier_kind,
        employments.employee_number as identifier,
        employments.started_on as claimed_from,
        employments.ended_on as claimed_to
    from employments
    where employments.employee_number is not null
)

select * from claimed
