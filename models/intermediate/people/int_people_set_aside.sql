with rings as (
    select * from {{ ref('int_department_rings_found') }}
),

departments as (
    select * from {{ ref('int_departments_conformed') }}
),

leavers_known as (
    select * from {{ ref('int_leavers_known') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
),

sources_ended as (
    select * from {{ ref('int_sources_ended') }}
),

set_aside as (
    {{ united('set_aside') }}
),

links as (
    select * from {{ ref('int_people_linked') }}
),

identifiers_claimed as (
    {{ united('identifiers_claimed') }}
),

claims as (
    select
        identifiers_claimed.*,
        links.employee_key
    from identifiers_claimed
    inner join links
        on identifiers_claimed.person_id = links.person_id
),

-- Two people of two systems may have one number: each system numbers its own.
contested as (
    select
        claims.source_name,
        claims.identifier_kind,
        claims.identifier,
        min(greatest(claims.claimed_from, rivals.claimed_from)) as since_on
    from claims
    inner join claims as rivals
        on
            claims.source_name = rivals.source_name
            and claims.identifier_kind = rivals.identifier_kind
            and claims.identifier = rivals.identifier
            and claims.employee_key < rivals.employee_key
            and claims.claimed_from < rivals.claimed_to
            and claims.claimed_to > rivals.claimed_from
    group by claims.source_name, claims.identifier_kind, claims.identifier
),

-- Before a year is over there is no turnover that could be wrong.
unioned as (
    select
        set_aside.source_name as source,
        set_aside.rule,
        set_aside.resource,
        set_aside.record_key,
        set_aside.employee_key,
        set_aside.since_on
    from set_aside
    union all
    select
        contested.source_name as source,
        'identifier_of_several' as rule,
        contested.identifier_kind as resource,
        contested.identifier as record_key,
        cast(null as string) as employee_key,
        contested.since_on
    from contested
    union all
    select
        departments.source_name as source,
        case
            when rings.department_id is null then 'department_without_its_parent'
            else 'department_in_a_ring'
        end as rule,
        'departments' as resource,
        departments.department_id as record_key,
        cast(null as string) as employee_key,
        cast(null as date) as since_on
    from departments
    left join rings
        on departments.department_id = rings.department_id
    left join departments as above
        on departments.parent_department_id = above.department_id
    where
        departments.parent_department_id is not null
        and (rings.department_id is not null or above.department_id is null)
    union all
    select
        leavers_known.source_name as source,
        'no_leavers_known' as rule,
        'companies' as resource,
        leavers_known.company_id as record_key,
        cast(null as string) as employee_key,
        leavers_known.since_on
    from leavers_known
    inner join reporting_period
        on
            leavers_known.since_on
            < cast({{ dbt.dateadd('year', -1, 'reporting_period.as_at_on') }} as date)
    where not leavers_known.is_known
    union all
    select
        sites.source_name as source,
        'hr_system_not_heard_of' as rule,
        'sources' as resource,
        sites.source_name as record_key,
        cast(null as string) as employee_key,
        coalesce(sources_ended.unknown_since_on, reporting_period.known_until_on)
            as since_on
    from reporting_period
    cross join sites
    left join sources_ended
        on sites.source_name = sources_ended.source_name
    where
        sites.went_live_on is not null
        and (
            sources_ended.source_name is not null
            or reporting_period.known_until_on < reporting_period.as_at_on
        )
)

select * from unioned
