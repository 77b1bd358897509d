with known as (
    {{ known('ats', 'stage_changes', key=['stage_change_id'], newest=export_order()) }}
),

renamed as (
    select
        cast(known.stage_change_id as string) as stage_change_id,
        cast({{ clean_text('known.application_id') }} as string) as application_id,
        cast(known._file_sha256 as string) as file_sha256,
        cast({{ clean_text('known.stage') }} as string) as stage_name,
        cast({{ clean_text('known.comment') }} as string) as remark,
        cast(known._file_name as string) as file_name,
        cast(known._file_line as bigint) as file_line,
        known.changed_on,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
