with exported as (
    {{ exported('assignments', is_stated=true) }}
),

ids_respelled as (
    select * from {{ ref('stg_hr_tables__ids_respelled') }}
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
        cast({{ clean_text('exported.company') }} as string) as company_id,
        cast({{ clean_text('exported.department') }} as string) as department_id,
        cast({{ clean_text('exported.place') }} as string) as branch_id,
        cast({{ clean_text('exported.designation') }} as string) as designation_id,
        cast({{ clean_text('exported.grade') }} as string) as grade_id,
        cast({{ clean_text('exported.employment_type') }} as string)
            as employment_type_id,
        coalesce(
            ids_respelled.respelled_id,
            cast({{ clean_text('exported.manager_id') }} as string)
        ) as manager_id,
        cast(exported.states_company as boolean) as states_company,
        cast(exported.states_department as boolean) as states_department,
        cast(exported.states_place as boolean) as states_place,
        cast(exported.states_designation as boolean) as states_designation,
        cast(exported.states_grade as boolean) as states_grade,
        cast(exported.states_employment_type as boolean) as states_employment_type,
        cast(exported.states_manager_id as boolean) as states_manager_id,
        cast(exported.effective_from as date) as effective_from,
        cast(exported.effective_to as date) as effective_to,
        cast(exported.observed_on as date) as observed_on,
        exported.known_from,
        exported.known_to
    from exported
    left join ids_respelled
        on
            exported.source_name = ids_respelled.source_name
            and exported.manager_id = ids_respelled.person_id
)

select * from renamed
