with companies as (
    select * from {{ ref('stg_frappe_hr__companies') }}
    where known_to = {{ never() }}
),

branches as (
    select * from {{ ref('stg_frappe_hr__branches') }}
    where known_to = {{ never() }}
),

-- Every branch in every company, and each company without a branch.
conformed as (
    select
        companies.company_id,
        branches.branch_id,
        companies.country_name
    from companies
    cross join branches
    union all
    select
        companies.company_id,
        cast(null as string) as branch_id,
        companies.country_name
    from companies
)

select * from conformed
