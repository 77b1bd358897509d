with employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
),

transfers as (
    select * from {{ ref('stg_frappe_hr__employee_transfers') }}
),

work_history as (
    select * from {{ ref('stg_frappe_hr__employee_work_history') }}
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

linked as (
    {{ frappe_hr_documents_linked(
        'employees', 'transfers', 'work_history', 'names'
    ) }}
)

select * from linked
