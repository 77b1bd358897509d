with exported as (
    {{ exported('designations', is_of_people=false) }}
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
        cast({{ clean_text('exported.designation') }} as string) as designation_id,
        cast({{ clean_text('exported.designation_name') }} as string)
            as designation_name,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
