with known as (
    {{ known(
        'frappe_hr', 'holidays',
        key=['parent', 'parent_modified', '_dlt_load_id', 'idx']
    ) }}
),

renamed as (
    select
        cast(known.parent as string) as holiday_list_id,
        {{ document_version('known.parent_modified') }} as document_version,
        cast({{ clean_text('known.description') }} as string) as holiday_name,
        cast(known.idx as bigint) as row_number_in_document,
        coalesce(known.weekly_off, 0) = 1 as is_weekly_off,
        known.holiday_date as holiday_on
    from known
)

select * from renamed
