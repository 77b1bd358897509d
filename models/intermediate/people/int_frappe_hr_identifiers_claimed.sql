{% set identifiers = ['employee_number', 'attendance_device_id'] %}

with versions as (
    select * from {{ ref('stg_frappe_hr__employee_versions') }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

-- A version under a former name is one of the record that goes on.
current_names as (
    select
        names.former_value,
        names.link_value
    from names
    inner join documents
        on names.link_value = documents.employee_document_id
    where
        names.field_name = 'reports_to'
        and names.is_rename
),

placed as (
    select
        documents.person_document_id,
        documents.employee_document_id,
        documents.document_from,
        documents.document_to,
        {% for column in identifiers -%}
        versions.{{ column }},
        {% endfor -%}
        cast(versions.modified_local as date) as modified_on,
        row_number() over (
            partition by documents.employee_document_id
            order by versions.known_from nulls last
        ) as version_number,
        versions.known_from
    from versions
    left join current_names
        on versions.employee_document_id = current_names.former_value
    inner join documents
        on
            coalesce(current_names.link_value, versions.employee_document_id)
            = documents.employee_document_id
),

-- What the first version says holds from the beginning, a later one from its day.
dated as (
    select
        placed.*,
        case
            when placed.version_number = 1 then placed.document_from
            else greatest(placed.modified_on, placed.document_from)
        end as valid_from
    from placed
),

periods as (
    select
        dated.*,
        least(
            coalesce(
                lead(dated.valid_from) over (
                    partition by dated.employee_document_id
                    order by dated.known_from nulls last
                ),
                dated.document_to
            ),
            dated.document_to
        ) as valid_to
    from dated
),

claims as (
    {% for column in identifiers -%}
    select
        'frappe_hr:' || periods.person_document_id as person_id,
        cast('{{ column }}' as string) as identifier_kind,
        periods.{{ column }} as identifier,
        periods.valid_from as claimed_from,
        periods.valid_to as claimed_to
    from periods
    where
        periods.{{ column }} is not null
        and (periods.version_number = 1 or periods.valid_from < periods.valid_to)
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

claimed as (
    select
        claims.person_id,
        claims.identifier_kind,
        claims.identifier,
        claims.claimed_from,
        max(claims.claimed_to) as claimed_to
    from claims
    group by
        claims.person_id,
        claims.identifier_kind,
        claims.identifier,
        claims.claimed_from
)

select * from claimed
