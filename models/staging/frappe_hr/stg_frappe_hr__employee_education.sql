with known as (
    {{ known(
        'frappe_hr', 'employee_education',
        key=['parent', 'parent_modified', '_dlt_load_id', 'idx']
    ) }}
),

renamed as (
    select
        cast(known.parent as string) as employee_document_id,
        {{ document_version('known.parent_modified') }} as document_version,
        cast({{ clean_text('known.level') }} as string) as education_level,
        cast(known.idx as bigint) as row_number_in_document
    from known
)

select * from renamed
