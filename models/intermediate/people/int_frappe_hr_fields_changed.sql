with promotions as (
    {{ as_known('stg_frappe_hr__employee_promotions') }}
),

promotion_details as (
    select * from {{ ref('stg_frappe_hr__employee_promotion_details') }}
),

transfers as (
    {{ as_known('stg_frappe_hr__employee_transfers') }}
),

transfer_details as (
    select * from {{ ref('stg_frappe_hr__employee_transfer_details') }}
),

spellings as (
    select * from {{ ref('int_frappe_hr_links_spelled') }}
),

promoted as (
    select
        promotions.known_at,
        promotions.employee_document_id,
        promotions.employee_promotion_id as change_document_id,
        promotion_details.field_name,
        promotion_details.value_before,
        promotion_details.value_after,
        promotion_details.row_number_in_document,
        promotions.promoted_on as changed_on,
        promotions.recorded_at
    from promotions
    inner join promotion_details
        on
            promotions.employee_promotion_id = promotion_details.employee_promotion_id
            and promotions.document_version = promotion_details.document_version
    where promotions.is_submitted
),

-- What a transfer to a new document changes is in the new document itself.
transferred as (
    select
        transfers.known_at,
        transfers.employee_document_id,
        transfers.employee_transfer_id as change_document_id,
        transfer_details.field_name,
        transfer_details.value_before,
        transfer_details.value_after,
        transfer_details.row_number_in_document,
        transfers.transferred_on as changed_on,
        transfers.recorded_at
    from transfers
    inner join transfer_details
        on
            transfers.employee_transfer_id = transfer_details.employee_transfer_id
            and transfers.document_version = transfer_details.document_version
    where
        transfers.is_submitted
        and not transfers.is_new_document
),

company_changed as (
    select
        transfers.known_at,
        transfers.employee_document_id,
        transfers.employee_transfer_id as change_document_id,
        cast('company' as string) as field_name,
        transfers.company_id as value_before,
        transfers.new_company_id as value_after,
        cast(0 as bigint) as row_number_in_document,
        transfers.transferred_on as changed_on,
        transfers.recorded_at
    from transfers
    where
        transfers.is_submitted
        and not transfers.is_new_document
        and transfers.new_company_id <> transfers.company_id
),

unioned as (
    select * from promoted
    union all
    select * from transferred
    union all
    select * from company_changed
),

changed as (
    select
        unioned.employee_document_id,
        unioned.change_document_id,
        unioned.field_name,
        coalesce(before_spellings.link_value, unioned.value_before) as value_before,
        coalesce(after_spellings.link_value, unioned.value_after) as value_after,
        unioned.row_number_in_document,
        unioned.changed_on,
        unioned.recorded_at,
        unioned.known_at
    from unioned
    left join spellings as before_spellings
        on
            unioned.known_at = before_spellings.known_at
            and unioned.field_name = before_spellings.field_name
            and lower(unioned.value_before) = before_spellings.spelling
    left join spellings as after_spellings
        on
            unioned.known_at = after_spellings.known_at
            and unioned.field_name = after_spellings.field_name
            and lower(unioned.value_after) = after_spellings.spelling
    where
        unioned.field_name in (
            'company', 'department', 'branch', 'designation', 'grade',
            'employment_type', 'reports_to'
        )
)

select * from changed
