{% set identifiers = ['employee_number', 'attendance_device_id'] %}

with versions as (
    select * from {{ ref('stg_frappe_hr__employees') }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
    where is_now
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

-- The records that are there, by name and by when they were entered.
current_records as (
    select
        versions.employee_document_id,
        versions.recorded_at
    from versions
    where versions.known_to = {{ never() }}
),

-- Where the others went: on under another name, or into another record.
successors as (
    select
        names.former_value,
        min(names.link_value) as link_value,
        min(case when names.is_rename then names.link_value end) as renamed_to
    from names
    inner join documents
        on names.link_value = documents.employee_document_id
    where names.field_name = 'reports_to'
    group by names.former_value
),

attributed as (
    select
        versions.*,
        coalesce(current_records.employee_document_id, successors.link_value)
            as record_id,
        case
            when current_records.employee_document_id is null
                then coalesce(successors.renamed_to, versions.employee_document_id)
            else versions.employee_document_id
        end as history_id
    from versions
    left join current_records
        on
            versions.employee_document_id = current_records.employee_document_id
            and coalesce(versions.recorded_at, cast('0001-01-01' as timestamp))
            = coalesce(current_records.recorded_at, cast('0001-01-01' as timestamp))
    left join successors
        on versions.employee_document_id = successors.former_value
),

placed as (
    select
        documents.person_document_id,
        documents.document_from,
        documents.document_to,
        {% for column in identifiers -%}
        attributed.{{ column }},
        {% endfor -%}
        attributed.saved_on,
        row_number() over (
            partition by attributed.record_id, attributed.history_id
            order by attributed.known_from nulls last
        ) as version_number,
        attributed.record_id,
        attributed.history_id,
        attributed.known_from
    from attributed
    inner join documents
        on attributed.record_id = documents.employee_document_id
),

-- What the first version says holds from the beginning, a later one from its day.
dated as (
    select
        placed.*,
        case
            when placed.version_number = 1 then placed.document_from
            else greatest(placed.saved_on, placed.document_from)
        end as valid_from
    from placed
),

periods as (
    select
        dated.*,
        least(
            coalesce(
                lead(dated.valid_from) over (
                    partition by dated.record_id, dated.history_id
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
