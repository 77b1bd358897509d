with exported as (
    {{ exported('absences') }}
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
        cast({{ clean_text('exported.leave_type') }} as string) as leave_type,
        cast(exported.absent_from as date) as absent_from,
        cast(exported.absent_to as date) as absent_to,
        cast(exported.is_half_day as boolean) as is_half_day,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
