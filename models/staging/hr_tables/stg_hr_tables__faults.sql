with exported as (
    {{ exported('faults') }}
),

renamed as (
    select
        exported.source_name,
        exported.source_table,
        exported.exported_on,
        cast(exported._file_name as string) as file_name,
        cast(exported._file_line as bigint) as file_line,
        cast(exported.field as string) as field_name,
        cast(exported.column_name as string) as column_name,
        cast(exported.fault as string) as fault,
        exported.known_from,
        exported.known_to
    from exported
)

select * from renamed
