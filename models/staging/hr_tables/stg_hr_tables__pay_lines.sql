with delivered as (
    select * from {{ source('hr_tables', 'pay_lines') }}
),

table_exports as (
    select * from {{ ref('stg_hr_tables__table_exports') }}
),

renamed as (
    select
        table_exports.source_name,
        table_exports.source_rank,
        table_exports.source_table,
        table_exports.shape,
        table_exports.exported_on,
        cast(delivered._file_name as string) as file_name,
        cast(delivered._file_line as bigint) as file_line,
        cast({{ clean_text('delivered.person_id') }} as string) as person_id,
        cast(delivered.paid_from as date) as paid_from,
        cast(delivered.paid_to as date) as paid_to,
        cast(delivered.paid_on as date) as paid_on,
        cast({{ clean_text('delivered.line_type') }} as string) as line_type,
        cast({{ clean_text('delivered.line_description') }} as string)
            as line_description,
        cast(delivered.line_amount as decimal(18, 2)) as line_amount,
        cast({{ clean_text('delivered.line_currency') }} as string) as line_currency,
        cast(delivered.line_hours as decimal(9, 2)) as line_hours,
        table_exports.known_from,
        table_exports.known_to
    from delivered
    inner join table_exports
        on
            delivered.source_name = table_exports.source_name
            and delivered.source_table = table_exports.source_table
            and delivered.export_key = table_exports.export_key
            and delivered._dlt_load_id = table_exports.load_id
            and delivered.exported_on = table_exports.exported_on
    where table_exports.known_from < table_exports.known_to
)

select * from renamed
