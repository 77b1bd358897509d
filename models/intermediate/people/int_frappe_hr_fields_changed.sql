{% set fields = [
    'company', 'department', 'branch', 'designation', 'grade', 'employment_type',
    'reports_to',
] %}

with promotions as (
    select * from {{ ref('stg_frappe_hr__employee_promotions') }}
),

promotion_details as (
    select * from {{ ref('stg_frappe_hr__employee_promotion_details') }}
),

transfers as (
    select * from {{ ref('stg_frappe_hr__employee_transfers') }}
),

transfer_details as (
    select * from {{ ref('stg_frappe_hr__employee_transfer_details') }}
),

links as (
    select * from {{ ref('int_frappe_hr_links_spelled') }}
    where known_to = {{ never() }}
),

changed as (
    {{ frappe_hr_fields_changed(
        'promotions', 'promotion_details', 'transfers', 'transfer_details', 'links',
        fields
    ) }}
)

select * from changed
