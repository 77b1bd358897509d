with delivered as (
    select * from {{ source('hr_tables', 'employments') }}
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
        cast(delivered.started_on as date) as started_on,
        cast(delivered.ended_on as date) as ended_on,
        cast(delivered.is_employed as boolean) as is_employed,
        cast({{ clean_text('delivered.exit_reason') }} as string) as exit_reason,
        cast({{ clean_text('delivered.exit_kind') }} as string) as exit_kind,
        cast(delivered.resigned_on as date) as resigned_on,
        cast({{ clean_text('delivered.event') }} as string) as event_kind,
        cast(delivered.effective_from as date) as effective_from,
        cast(delivered.effective_to as date) as effective_to,
        cast(delivered.observed_on as date) as observed_on,
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
