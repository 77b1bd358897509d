with delivered as (
    select * from {{ source('hr_tables', 'pay_rates') }}
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
        cast(delivered.pay_rate as decimal(18, 4)) as pay_rate,
        cast({{ clean_text('delivered.pay_currency') }} as string) as pay_currency,
        cast({{ clean_text('delivered.pay_period') }} as string) as pay_period,
        cast(delivered.is_full_time as boolean) as is_full_time,
        cast(delivered.effective_from as date) as effective_from,
        cast(delivered.effective_to as date) as effective_to,
        cast(delivered.observed_on as date) as observed_on,
        table_exports.known_from,
        table_exports.stated_to as known_to
    from delivered
    inner join table_exports
        on
            delivered.source_name = table_exports.source_name
            and delivered.source_table = table_exports.source_table
            and delivered.export_key = table_exports.export_key
            and delivered._dlt_load_id = table_exports.load_id
            and delivered.exported_on = table_exports.exported_on
)

select * from renamed
