with delivered as (
    select * from {{ source('hr_tables', 'assignments') }}
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
        cast({{ clean_text('delivered.company') }} as string) as company_id,
        cast({{ clean_text('delivered.department') }} as string) as department_id,
        cast({{ clean_text('delivered.place') }} as string) as branch_id,
        cast({{ clean_text('delivered.designation') }} as string) as designation_id,
        cast({{ clean_text('delivered.grade') }} as string) as grade_id,
        cast({{ clean_text('delivered.employment_type') }} as string)
            as employment_type_id,
        cast({{ clean_text('delivered.manager_id') }} as string) as manager_id,
        cast(delivered.states_company as boolean) as states_company,
        cast(delivered.states_department as boolean) as states_department,
        cast(delivered.states_place as boolean) as states_place,
        cast(delivered.states_designation as boolean) as states_designation,
        cast(delivered.states_grade as boolean) as states_grade,
        cast(delivered.states_employment_type as boolean) as states_employment_type,
        cast(delivered.states_manager_id as boolean) as states_manager_id,
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
