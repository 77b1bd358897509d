{#- The date in the name of a file, such as requisitions_2026-03-02.csv. -#}
{%- set exported_on = 'substring(_file_name, 14, 10)' -%}

with known as (
    {{ known(
        'ats', 'requisitions',
        key=['requisition_id'],
        declared=[exported_on, '_file_name'], version=['_file_sha256', '_file_line']
    ) }}
),

renamed as (
    select
        cast(known.requisition_id as string) as requisition_id,
        cast(known._file_sha256 as string) as file_sha256,
        cast({{ clean_text('known.title') }} as string) as title,
        cast({{ clean_text('known.department') }} as string) as department_label,
        cast({{ clean_text('known.branch') }} as string) as branch_label,
        cast({{ clean_text('known.status') }} as string) as status,
        cast(known._file_name as string) as file_name,
        cast(known.openings as bigint) as openings,
        cast(known._file_line as bigint) as file_line,
        known.opened_on,
        known.closed_on
    from known
)

select * from renamed
