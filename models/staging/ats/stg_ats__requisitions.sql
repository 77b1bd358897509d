{#- What stands for no value in exports: no department and no branch is called so. -#}
{%- set nothing = "('NULL', 'N/A', '#N/A', '#NV', '#REF!', '#VALUE!', '#NAME?')" -%}

with known as (
    {{ known('ats', 'requisitions', key=['requisition_id'], newest=export_order()) }}
),

renamed as (
    select
        cast(known.requisition_id as string) as requisition_id,
        cast(known._file_sha256 as string) as file_sha256,
        cast({{ clean_text('known.title') }} as string) as title,
        cast(
            case
                when upper(trim(known.department)) not in {{ nothing }}
                    then {{ clean_text('known.department') }}
            end as string
        ) as department_label,
        cast(
            case
                when upper(trim(known.branch)) not in {{ nothing }}
                    then {{ clean_text('known.branch') }}
            end as string
        ) as branch_label,
        cast({{ clean_text('known.status') }} as string) as status,
        cast(known._file_name as string) as file_name,
        cast(known.openings as bigint) as openings,
        cast(known._file_line as bigint) as file_line,
        known.opened_on,
        known.closed_on,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
