with known as (
    {{ known(
        'frappe_hr', 'deleted_documents', key=['name'], version=['modified']
    ) }}
),

renamed as (
    select
        cast(known.name as string) as deleted_document_id,
        cast(known.deleted_name as string) as document_id,
        cast({{ clean_text('known.deleted_doctype') }} as string) as doctype,
        {{ site_to_utc('known.creation') }} as deleted_at
    from known
)

select * from renamed
