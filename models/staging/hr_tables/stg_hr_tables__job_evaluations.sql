with exported as (
    {{ exported('job_evaluations', is_of_people=false) }}
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
        cast({{ clean_text('exported.worker_category') }} as string)
            as worker_category,
        cast(exported.requirement_level as bigint) as requirement_level,
        cast(exported.position_level as bigint) as position_level,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
