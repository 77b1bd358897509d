{% set fields = [
    'company', 'department', 'branch', 'designation', 'grade', 'employment_type',
    'reports_to',
] %}

with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

promotion_versions as (
    select * from {{ ref('stg_frappe_hr__employee_promotion_versions') }}
),

promotion_details as (
    select * from {{ ref('stg_frappe_hr__employee_promotion_details') }}
),

transfer_versions as (
    select * from {{ ref('stg_frappe_hr__employee_transfer_versions') }}
),

transfer_details as (
    select * from {{ ref('stg_frappe_hr__employee_transfer_details') }}
),

spelled as (
    select * from {{ ref('int_frappe_hr_links_spelled') }}
),

instants as (
    select distinct months.known_at
    from months
),

promotions as (
    select
        instants.known_at,
        promotion_versions.*
    from instants
    inner join promotion_versions
        on
            instants.known_at >= promotion_versions.known_from
            and instants.known_at < promotion_versions.known_to
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

links as (
    select
        instants.known_at,
        spelled.*
    from instants
    inner join spelled
        on
            instants.known_at >= spelled.known_from
            and instants.known_at < spelled.known_to
),

changed as (
    {{ frappe_hr_fields_changed(
        'promotions', 'promotion_details', 'transfers', 'transfer_details',
        'links', fields, at='known_at'
    ) }}
)

select * from changed
