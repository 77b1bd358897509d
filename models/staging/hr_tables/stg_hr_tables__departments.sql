with exported as (
    {{ exported('departments', is_of_people=false) }}
),

renamed as (
    select
        exported.source_name,
        exported.source_rank,
        exported.source_table,
        exported.shape,
        exported.exported_on,
        cast(exported._file_name as string) as file_name,
        cast(exported._file_line as bigint) as file_line,
        cast({{ clean_text('exported.department') }} as string) as department_id,
        cast({{ clean_text('exported.department_name') }} as string)
            as department_name,
        cast({{ clean_text('exported.parent_department') }} as string)
            as parent_department_id,
        cast({{ clean_text('exported.company') }} as string) as company_id,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
