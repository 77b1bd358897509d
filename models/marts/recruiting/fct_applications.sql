with applications as (
    select * from {{ ref('stg_ats__applications') }}
    where known_to = {{ never() }}
),

requisitions as (
    select * from {{ ref('stg_ats__requisitions') }}
    where known_to = {{ never() }}
),

decided as (
    select * from {{ ref('int_applications_decided') }}
),

numbers as (
    select * from {{ ref('int_identifiers_held') }}
    where identifier_kind = 'employee_number'
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

departments as (
    select * from {{ ref('dim_department') }}
),

-- Who accepts fills from within where they are employed on that day, whatever they were
-- as they applied. Without an acceptance it is the day of the application that tells.
judged as (
    select
        applications.application_id,
        applications.employee_number,
        coalesce(decided.accepted_on, applications.applied_on) as judged_on
    from applications
    inner join decided
        on applications.application_id = decided.application_id
),

internal_candidates as (
    select
        judged.application_id,
        numbers.employee_key
    from judged
    inner join numbers
        on
            judged.employee_number = numbers.identifier
            and judged.judged_on >= numbers.held_from
            and judged.judged_on < numbers.held_to
    inner join employments
        on
            numbers.employee_key = employments.employee_key
            and judged.judged_on >= employments.started_on
            and judged.judged_on < employments.ended_on
),

described as (
    select
        applications.application_id,
        applications.requisition_id,
        internal_candidates.employee_key,
        departments.department_key,
        coalesce(
            departments.department, requisitions.department_label, 'Unassigned'
        ) as department,
        coalesce(requisitions.branch_label, 'Unassigned') as branch,
        applications.status,
        cast(decided.furthest_stage as string) as furthest_stage,
        cast(decided.outcome as string) as outcome,
        internal_candidates.employee_key is not null as is_internal,
        requisitions.opened_on,
        applications.applied_on,
        decided.accepted_on,
        decided.decided_on
    from applications
    inner join decided
        on applications.application_id = decided.application_id
    left join requisitions
        on applications.requisition_id = requisitions.requisition_id
    left join departments
        on requisitions.department_label = departments.department_id
    left join internal_candidates
        on applications.application_id = internal_candidates.application_id
)

select * from described
