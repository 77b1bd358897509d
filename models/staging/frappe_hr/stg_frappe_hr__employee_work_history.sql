with known as (
    {{ known(
        'frappe_hr', 'employee_work_history',
        key=['parent', 'parent_modified', '_dlt_load_id', 'idx']
    ) }}
),

renamed as (
    select
        cast(known.parent as string) as employee_document_id,
        {{ document_version('known.parent_modified') }} as document_version,
        cast({{ clean_text('known.department') }} as string) as department_id,
        cast({{ clean_text('known.branch') }} as string) as branch_id,
        cast({{ clean_text('known.designation') }} as string) as designation_id,
        cast(known.idx as bigint) as row_number_in_document,
        known.from_date as started_on,
        known.to_date as ended_on
    from known
)

select * from renamed
