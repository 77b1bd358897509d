with exported as (
    {{ exported('contracted_hours', is_stated=true) }}
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
        cast(exported.weekly_hours as decimal(5, 2)) as weekly_hours,
        cast(exported.is_assumed as boolean) as is_assumed,
        cast(exported.effective_from as date) as effective_from,
        cast(exported.effective_to as date) as effective_to,
        cast(exported.observed_on as date) as observed_on,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
