with exported as (
    {{ exported('employments') }}
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
        cast(exported.started_on as date) as started_on,
        cast(exported.ended_on as date) as ended_on,
        cast(exported.is_employed as boolean) as is_employed,
        cast({{ clean_text('exported.exit_reason') }} as string) as exit_reason,
        cast({{ clean_text('exported.exit_kind') }} as string) as exit_kind,
        cast(exported.resigned_on as date) as resigned_on,
        cast({{ clean_text('exported.event') }} as string) as event_kind,
        cast(exported.effective_from as date) as effective_from,
        cast(exported.effective_to as date) as effective_to,
        cast(exported.observed_on as date) as observed_on,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
