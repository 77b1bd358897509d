with known as (
    {{ known('ats', 'applications', key=['application_id'], newest=export_order()) }}
),

renamed as (
    select
        cast(known.application_id as string) as application_id,
        cast({{ clean_text('known.requisition_id') }} as string) as requisition_id,
        cast({{ clean_text('known.employee_number') }} as string) as employee_number,
        cast(known._file_sha256 as string) as file_sha256,
        cast({{ clean_text('known.candidate_name') }} as string) as candidate_name,
        cast({{ clean_text('known.candidate_email') }} as string) as candidate_email,
        cast({{ clean_text('known.status') }} as string) as status,
        cast(known._file_name as string) as file_name,
        cast(known._file_line as bigint) as file_line,
        known.applied_on,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
