with exported as (
    {{ exported('faults', is_of_people=false) }}
),

undated as (
    select * from {{ source('hr_tables', 'faults') }}
    where exported_on is null
),

loads as (
    {{ completed_load_instants('hr_tables') }}
),

-- What has no day is of no export: it is told since it was loaded.
unioned as (
    select
        exported.source_name,
        exported.source_table,
        exported.exported_on,
        exported._file_name as file_name,
        exported._file_line as file_line,
        exported.field as field_name,
        exported.column_name,
        exported.fault,
        exported.known_from,
        exported.known_to
    from exported
    union all
    select
        undated.source_name,
        undated.source_table,
        undated.exported_on,
        undated._file_name as file_name,
        undated._file_line as file_line,
        undated.field as field_name,
        undated.column_name,
        undated.fault,
        loads.completed_at as known_from,
        {{ never() }} as known_to
    from undated
    inner join loads
        on undated._dlt_load_id = loads.load_id
),

renamed as (
    select
        cast(unioned.source_name as string) as source_name,
        cast(unioned.source_table as string) as source_table,
        cast(unioned.exported_on as date) as exported_on,
        cast(unioned.file_name as string) as file_name,
        cast(unioned.file_line as bigint) as file_line,
        cast(unioned.field_name as string) as field_name,
        cast(unioned.column_name as string) as column_name,
        cast(unioned.fault as string) as fault,
        unioned.known_from,
        unioned.known_to
    from unioned
)

select * from renamed
