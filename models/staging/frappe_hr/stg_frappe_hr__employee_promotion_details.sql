with known as (
    {{ known(
        'frappe_hr', 'employee_promotion_details',
        key=['parent', 'parent_modified', '_dlt_load_id', 'idx']
    ) }}
),

renamed as (
    select
        cast(known.parent as string) as employee_promotion_id,
        {{ document_version('known.parent_modified') }} as document_version,
        cast({{ clean_text('known.fieldname') }} as string) as field_name,
        cast({{ clean_text('known.current') }} as string) as value_before,
        cast({{ clean_text('known.new') }} as string) as value_after,
        cast(known.idx as bigint) as row_number_in_document
    from known
)

select * from renamed
