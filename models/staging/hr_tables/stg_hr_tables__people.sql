with exported as (
    {{ exported('people') }}
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
        coalesce(
            exported.respelled_id,
            cast({{ clean_text('exported.person_id') }} as string)
        ) as person_id,
        cast({{ identifier('exported.employee_number') }} as string)
            as employee_number,
        cast({{ clean_text('exported.first_name') }} as string) as first_name,
        cast({{ clean_text('exported.last_name') }} as string) as last_name,
        cast({{ clean_text('exported.sex') }} as string) as sex,
        cast(exported.born_on as date) as born_on,
        cast({{ clean_text('exported.education_level') }} as string)
            as education_level,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
