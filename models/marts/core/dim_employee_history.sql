with history as (
    select * from {{ ref('int_employee_history_derived') }}
),

departments as (
    select * from {{ ref('dim_department') }}
),

designations as (
    select * from {{ ref('dim_designation') }}
),

locations as (
    select * from {{ ref('dim_location') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

employment_types as (
    select * from {{ ref('employment_types') }}
),

keyed as (
    select
        history.*,
        {{ surrogate_key(['history.department_id']) }} as department_key,
        {{ surrogate_key(['history.designation_id']) }} as designation_key
    from history
),

labelled as (
    select
        {{ surrogate_key(['keyed.employee_key', 'keyed.effective_from']) }}
            as employee_history_key,
        keyed.employee_key,
        keyed.manager_employee_key,
        keyed.department_key,
        keyed.designation_key,
        keyed.location_key,
        keyed.company_id as company,
        coalesce(departments.department, keyed.department_id) as department,
        locations.branch,
        locations.country,
        coalesce(locations.region, 'Unknown') as region,
        coalesce(designations.designation, keyed.designation_id) as designation,
        keyed.grade_id as grade,
        keyed.employment_type_id as employment_type,
        employees.sex,
        coalesce(employment_types.contract_kind, 'unknown') as contract_kind,
        case
            when not keyed.is_fte_assumed and keyed.fte < 1 then 'part_time'
            when not keyed.is_fte_assumed then 'full_time'
            else coalesce(employment_types.working_time, 'unknown')
        end as full_or_part_time,
        keyed.employment_number,
        keyed.fte,
        keyed.is_fte_assumed,
        keyed.effective_from,
        keyed.effective_to,
        keyed.unknown_since_on
    from keyed
    left join departments
        on keyed.department_key = departments.department_key
    left join designations
        on keyed.designation_key = designations.designation_key
    left join locations
        on keyed.location_key = locations.location_key
    left join employees
        on keyed.employee_key = employees.employee_key
    left join employment_types
        on
            lower(trim(keyed.employment_type_id))
            = lower(trim(employment_types.employment_type))
)

select * from labelled
