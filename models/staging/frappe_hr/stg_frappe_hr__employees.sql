with known as (
    {{ known(
        'frappe_hr', 'employees',
        key=['name'], version=['modified'], removed_as='Employee'
    ) }}
),

renamed as (
    select
        -- ids
        cast(known.name as string) as employee_document_id,
        {{ document_version('known.modified') }} as document_version,
        cast({{ identifier('known.employee_number') }} as string) as employee_number,
        cast({{ identifier('known.attendance_device_id') }} as string)
            as attendance_device_id,
        cast({{ clean_text('known.company') }} as string) as company_id,
        cast({{ clean_text('known.department') }} as string) as department_id,
        cast({{ clean_text('known.branch') }} as string) as branch_id,
        cast({{ clean_text('known.designation') }} as string) as designation_id,
        cast({{ clean_text('known.grade') }} as string) as grade_id,
        cast({{ clean_text('known.employment_type') }} as string)
            as employment_type_id,
        cast({{ clean_text('known.reports_to') }} as string)
            as manager_document_id,

        -- strings
        cast({{ clean_text('known.first_name') }} as string) as first_name,
        cast({{ clean_text('known.last_name') }} as string) as last_name,
        cast({{ clean_text('known.gender') }} as string) as gender,
        cast({{ clean_text('known.status') }} as string) as status,
        cast({{ clean_text('known.reason_for_leaving') }} as string)
            as reason_for_leaving,

        -- dates
        cast(known.creation as date) as created_on,
        known.date_of_birth as born_on,
        known.date_of_joining as joined_on,
        known.relieving_date as relieved_on,
        known.resignation_letter_date as resigned_on,
        {{ saved_on() }} as saved_on,

        -- timestamps
        known.modified as modified_local,
        {{ site_to_utc('known.creation') }} as recorded_at,
        {{ site_to_utc('known.modified') }} as modified_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
