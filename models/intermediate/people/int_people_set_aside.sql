with rings as (
    select * from {{ ref('int_department_rings_found') }}
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
