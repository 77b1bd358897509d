{#- The fields of Employee that make an assignment, and where their values are. -#}
{% set link_models = {
    'company': ('stg_frappe_hr__companies', 'company_id'),
    'department': ('stg_frappe_hr__departments', 'department_id'),
    'branch': ('stg_frappe_hr__branches', 'branch_id'),
    'designation': ('stg_frappe_hr__designations', 'designation_id'),
    'grade': ('stg_frappe_hr__employee_grades', 'grade_id'),
    'employment_type': ('stg_frappe_hr__employment_types', 'employment_type_id'),
    'reports_to': ('stg_frappe_hr__employees', 'employee_document_id'),
} %}

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

-- The values that a field can take, as the HR system spells them.
link_values as (
    {% for field, (model, column) in link_models.items() -%}
    select
        cast('{{ field }}' as string) as field_name,
        {{ column }} as link_value
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Spellings that two values share say nothing about which is meant.
spellings as (
    select
        link_values.field_name,
        lower(link_values.link_value) as spelling,
        min(link_values.link_value) as link_value
    from link_values
    group by link_values.field_name, lower(link_values.link_value)
    having count(*) = 1
),

promoted as (
    select
        promotions.employee_document_id,
        promotions.employee_promotion_id as change_document_id,
        promotion_details.field_name,
        promotion_details.value_before,
        promotion_details.value_after,
        cast('promotion' as string) as change_kind,
        promotion_details.row_number_in_document,
        promotions.promoted_on as changed_on,
        promotions.recorded_at
    from promotions
    inner join promotion_details
        on
            promotions.employee_promotion_id = promotion_details.employee_promotion_id
            and promotions.modified_local = promotion_details.document_modified_local
    where promotions.is_submitted
),

-- What a transfer to a new document changes is in the new document itself.
transferred as (
    select
        transfers.employee_document_id,
        transfers.employee_transfer_id as change_document_id,
        transfer_details.field_name,
        transfer_details.value_before,
        transfer_details.value_after,
        cast('transfer' as string) as change_kind,
        transfer_details.row_number_in_document,
        transfers.transferred_on as changed_on,
        transfers.recorded_at
    from transfers
    inner join transfer_details
        on
            transfers.employee_transfer_id = transfer_details.employee_transfer_id
            and transfers.modified_local = transfer_details.document_modified_local
    where
        transfers.is_submitted
        and not transfers.is_new_document
),

company_changed as (
    select
        transfers.employee_document_id,
        transfers.employee_transfer_id as change_document_id,
        cast('company' as string) as field_name,
        transfers.company_id as value_before,
        transfers.new_company_id as value_after,
        cast('transfer' as string) as change_kind,
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

spelled as (
    select
        unioned.employee_document_id,
        unioned.change_document_id,
        unioned.field_name,
        coalesce(before_spellings.link_value, unioned.value_before) as value_before,
        coalesce(after_spellings.link_value, unioned.value_after) as value_after,
        unioned.change_kind,
        unioned.row_number_in_document,
        unioned.changed_on,
        unioned.recorded_at
    from unioned
    left join spellings as before_spellings
        on
            unioned.field_name = before_spellings.field_name
            and lower(unioned.value_before) = before_spellings.spelling
    left join spellings as after_spellings
        on
            unioned.field_name = after_spellings.field_name
            and lower(unioned.value_after) = after_spellings.spelling
    where
        unioned.field_name in (
            {%- for field in link_models -%}
            '{{ field }}'{% if not loop.last %}, {% endif %}
            {%- endfor -%}
        )
)

select * from spelled
