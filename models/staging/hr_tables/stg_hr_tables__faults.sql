with faults as (
    select * from {{ source('hr_tables', 'faults') }}
),

table_exports as (
    select * from {{ ref('stg_hr_tables__table_exports') }}
),

renamed as (
    select
        table_exports.source_name,
        table_exports.source_table,
        table_exports.exported_on,
        cast(faults._file_name as string) as file_name,
        cast(faults._file_line as bigint) as file_line,
        cast(faults.field as string) as field_name,
        cast(faults.column_name as string) as column_name,
        cast(faults.fault as string) as fault,
        table_exports.known_from,
        table_exports.known_to
    from faults
    inner join table_exports
        on
            faults.source_name = table_exports.source_name
            and faults.source_table = table_exports.source_table
            and faults.export_key = table_exports.export_key
            and faults._dlt_load_id = table_exports.load_id
            and faults.exported_on = table_exports.exported_on
    where table_exports.known_from < table_exports.known_to
)

select * from renamed
