with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

employee_versions as (
    select * from {{ ref('stg_frappe_hr__employee_versions') }}
),

transfer_versions as (
    select * from {{ ref('stg_frappe_hr__employee_transfer_versions') }}
),

work_history as (
    select * from {{ ref('stg_frappe_hr__employee_work_history') }}
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

instants as (
    select distinct months.known_at
    from months
),

employees as (
    select
        instants.known_at,
        employee_versions.*
    from instants
    inner join employee_versions
        on
            instants.known_at >= employee_versions.known_from
            and instants.known_at < employee_versions.known_to
),

transfers as (
    select
        instants.known_at,
        transfer_versions.*
    from instants
    inner join transfer_versions
        on
            instants.known_at >= transfer_versions.known_from
            and instants.known_at < transfer_versions.known_to
),

linked as (
    {{ frappe_hr_documents_linked(
        'employees', 'transfers', 'work_history', 'names', at='known_at'
    ) }}
),

documents as (
    select
        linked.employee_document_id,
        linked.employment_document_id,
        linked.person_document_id,
        linked.successor_document_id,
        linked.employee_number,
        employees.company_id,
        employees.department_id,
        employees.branch_id,
        employees.designation_id,
        employees.grade_id,
        employees.employment_type_id,
        employees.manager_document_id,
        linked.born_on,
        employees.resigned_on,
        linked.document_from,
        linked.document_to,
        linked.known_at
    from linked
    inner join employees
        on
            linked.known_at = employees.known_at
            and linked.employee_document_id = employees.employee_document_id
)

select * from documents
