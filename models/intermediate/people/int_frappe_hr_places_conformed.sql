with companies as (
    select * from {{ ref('stg_frappe_hr__companies') }}
),

branches as (
    select * from {{ ref('stg_frappe_hr__branches') }}
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
