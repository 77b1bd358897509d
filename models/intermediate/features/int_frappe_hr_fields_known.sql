{% set fields = [
    'company', 'department', 'branch', 'designation', 'grade', 'employment_type',
    'reports_to',
] %}

with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_known') }}
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

link_value_versions as (
    select * from {{ ref('stg_frappe_hr__link_value_versions') }}
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

link_values as (
    select
        link_value_versions.field_name,
        link_value_versions.link_value,
        instants.known_at
    from instants
    inner join link_value_versions
        on
            instants.known_at >= link_value_versions.known_from
            and instants.known_at < link_value_versions.known_to
    union all
    select
        cast('reports_to' as string) as field_name,
        documents.employee_document_id as link_value,
        documents.known_at
    from documents
),

changed as (
    {{ frappe_hr_fields_changed(
        'promotions', 'promotion_details', 'transfers', 'transfer_details',
        'link_values', fields, at='known_at'
    ) }}
)

select * from changed
