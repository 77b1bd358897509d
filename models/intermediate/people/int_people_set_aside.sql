with rings as (
    select * from {{ ref('int_department_rings_found') }}
),

departments as (
    select * from {{ ref('stg_frappe_hr__departments') }}
    where known_to = {{ never() }}
),

leave_applications as (
    select * from {{ ref('stg_frappe_hr__leave_applications') }}
    where known_to = {{ never() }}
),

leavers_known as (
    select * from {{ ref('int_leavers_known') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- Before a year is over there is no turnover that could be wrong.
unioned as (
    select
        'department_in_a_ring' as rule,
        'departments' as resource,
        rings.department_id as record_key,
        cast(null as date) as since_on
    from rings
    union all
    select
        'department_without_its_parent' as rule,
        'departments' as resource,
        departments.department_id as record_key,
        cast(null as date) as since_on
    from departments
    left join departments as above
        on departments.parent_department_id = above.department_id
    where
        departments.parent_department_id is not null
        and above.department_id is null
    union all
    select
        'leave_of_unknown_status' as rule,
        'leave_applications' as resource,
        leave_applications.leave_application_id as record_key,
        leave_applications.starts_on as since_on
    from leave_applications
    where
        leave_applications.is_submitted
        and coalesce(leave_applications.status, '') not in (
            'Open', 'Approved', 'Rejected', 'Cancelled'
        )
    union all
    select
        'leave_without_its_days' as rule,
        'leave_applications' as resource,
        leave_applications.leave_application_id as record_key,
        leave_applications.starts_on as since_on
    from leave_applications
    where
        leave_applications.is_submitted
        and leave_applications.status = 'Approved'
        and not coalesce(
            leave_applications.starts_on <= leave_applications.ends_on, false
        )
    union all
    select
        'no_leavers_known' as rule,
        'companies' as resource,
        leavers_known.company_id as record_key,
        leavers_known.since_on
    from leavers_known
    inner join reporting_period
        on
            leavers_known.since_on
            < cast({{ dbt.dateadd('year', -1, 'reporting_period.as_at_on') }} as date)
    where not leavers_known.is_known
    union all
    select
        'hr_system_not_heard_of' as rule,
        'sources' as resource,
        'frappe_hr' as record_key,
        reporting_period.known_until_on as since_on
    from reporting_period
    where reporting_period.known_until_on < reporting_period.as_at_on
),

sourced as (
    select
        cast(unioned.rule as string) as rule,
        cast('frappe_hr' as string) as source,
        cast(unioned.resource as string) as resource,
        cast(coalesce(unioned.record_key, 'none') as string) as record_key,
        cast(null as string) as employee_key,
        cast(unioned.since_on as date) as since_on
    from unioned
)

select * from sourced
