with exported as (
    {{ exported('places', is_of_people=false) }}
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
        cast({{ clean_text('exported.place') }} as string) as branch_id,
        cast({{ clean_text('exported.place_company') }} as string) as company_id,
        cast({{ clean_text('exported.country') }} as string) as country,
        cast({{ clean_text('exported.place_time_zone') }} as string)
            as place_time_zone,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
