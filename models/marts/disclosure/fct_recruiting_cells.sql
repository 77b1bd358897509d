with applications as (
    select * from {{ ref('fct_applications') }}
),

department_groups as (
    select * from {{ ref('dim_department_group') }}
),

locations as (
    select * from {{ ref('dim_location') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

branches as (
    select
        locations.branch,
        min(locations.region) as region
    from locations
    where locations.branch is not null
    group by locations.branch
),

-- What was applied for in whole years of the reporting period.
placed as (
    select
        coalesce(department_groups.department_group, 'Unassigned') as department_group,
        applications.department,
        coalesce(branches.region, 'Unknown') as region,
        applications.branch,
        case
            when applications.outcome = 'accepted' then 'accepted'
            else 'not accepted'
        end as outcome,
        case
            when applications.outcome <> 'accepted' then 'not accepted'
            when applications.is_internal then 'from within'
            else 'from outside'
        end as origin,
        cast({{ dbt.date_trunc('year', 'applications.applied_on') }} as date)
            as year_start_on
    from applications
    left join department_groups
        on applications.department = department_groups.department
    left join branches
        on applications.branch = branches.branch
    inner join reporting_period
        on
            {{ dbt.date_trunc('year', 'applications.applied_on') }}
            >= reporting_period.first_month_on
            and {{ dbt.dateadd(
                'month', 11, dbt.date_trunc('year', 'applications.applied_on')
            ) }} <= reporting_period.last_month_on
),

-- Who knows the totals alone does not know which department hires where.
departments as (
    select distinct
        placed.department_group,
        placed.department
    from placed
),

places as (
    select distinct
        placed.region,
        placed.branch
    from placed
),

outcomes as (
    select distinct
        placed.outcome,
        placed.origin
    from placed
),

years as (
    select distinct placed.year_start_on
    from placed
),

complete as (
    select
        departments.department_group,
        departments.department,
        places.region,
        places.branch,
        outcomes.outcome,
        outcomes.origin,
        0 as applications,
        years.year_start_on
    from departments
    cross join places
    cross join outcomes
    cross join years
    union all
    select
        placed.department_group,
        placed.department,
        placed.region,
        placed.branch,
        placed.outcome,
        placed.origin,
        1 as applications,
        placed.year_start_on
    from placed
),

cells as (
    select
        {{ total_label('complete.department_group') }} as department_group,
        {{ total_label('complete.department') }} as department,
        {{ total_label('complete.region') }} as region,
        {{ total_label('complete.branch') }} as branch,
        {{ total_label('complete.outcome') }} as outcome,
        {{ total_label('complete.origin') }} as origin,
        sum(complete.applications) as people,
        complete.year_start_on
    from complete
    group by
        complete.year_start_on,
        rollup(complete.department_group, complete.department),
        rollup(complete.region, complete.branch),
        rollup(complete.outcome, complete.origin)
),

judged as (
    {{ protected_cells(
        cells='cells',
        dimensions=[
            ['department_group', 'department'],
            ['region', 'branch'],
            ['outcome', 'origin'],
        ],
        line='year_start_on',
        measures=['people'],
        minimum=disclosure_minimum(),
        width=0,
        published="region = 'All' or department_group = 'All'",
    ) | indent(4) }}
),

reported as (
    select
        cast(judged.department_group as string) as department_group,
        cast(judged.department as string) as department,
        cast(judged.region as string) as region,
        cast(judged.branch as string) as branch,
        cast(judged.outcome as string) as outcome,
        cast(judged.origin as string) as origin,
        cast(judged.people as bigint) as applications,
        judged.is_published,
        judged.is_primary,
        judged.is_withheld,
        judged.year_start_on
    from judged
)

select * from reported
