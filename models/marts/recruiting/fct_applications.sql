with applications as (
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
        coalesce(applications.accepted_on, applications.applied_on) as judged_on
    from applications
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
        'application:' || applications.application_id as application_reference,
        applications.requisition_id,
        internal_candidates.employee_key,
        departments.department_key,
        coalesce(
            departments.department, applications.department_label, 'Unassigned'
        ) as department,
        coalesce(applications.branch_label, 'Unassigned') as branch,
        applications.status,
        cast(applications.furthest_stage as string) as furthest_stage,
        cast(applications.outcome as string) as outcome,
        internal_candidates.employee_key is not null as is_internal,
        applications.opened_on,
        applications.applied_on,
        applications.accepted_on,
        applications.decided_on
    from applications
    left join departments
        on applications.department_label = departments.department_id
    left join internal_candidates
        on applications.application_id = internal_candidates.application_id
),

keyed as (
    select
        {{ pseudonym('described.application_reference') }} as application_key,
        described.requisition_id,
        described.employee_key,
        described.department_key,
        described.department,
        described.branch,
        described.status,
        described.furthest_stage,
        described.outcome,
        described.is_internal,
        described.opened_on,
        described.applied_on,
        described.accepted_on,
        described.decided_on
    from described
)

select * from keyed
