with exported as (
    {{ exported('pay_lines') }}
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
        cast(exported.paid_from as date) as paid_from,
        cast(exported.paid_to as date) as paid_to,
        cast(exported.paid_on as date) as paid_on,
        cast({{ clean_text('exported.line_type') }} as string) as line_type,
        cast({{ clean_text('exported.line_description') }} as string)
            as line_description,
        cast(exported.line_amount as decimal(18, 2)) as line_amount,
        cast({{ clean_text('exported.line_currency') }} as string) as line_currency,
        cast(exported.line_hours as decimal(9, 2)) as line_hours,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
