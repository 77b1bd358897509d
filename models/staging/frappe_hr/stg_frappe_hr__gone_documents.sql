with known as (
    {{ known('frappe_hr', 'gone_documents', key=['doctype', 'name']) }}
),

renamed as (
    select
        cast(known.doctype as string) as doctype,
        cast(known.name as string) as document_id,
        known.noticed_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
