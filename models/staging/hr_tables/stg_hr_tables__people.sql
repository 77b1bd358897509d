with delivered as (
    select * from {{ source('hr_tables', 'people') }}
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
        cast({{ identifier('delivered.employee_number') }} as string)
            as employee_number,
        cast({{ clean_text('delivered.first_name') }} as string) as first_name,
        cast({{ clean_text('delivered.last_name') }} as string) as last_name,
        cast({{ clean_text('delivered.sex') }} as string) as sex,
        cast(delivered.born_on as date) as born_on,
        cast({{ clean_text('delivered.education_level') }} as string)
            as education_level,
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
