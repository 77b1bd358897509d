{#- Each field of Employee that makes an assignment, and its column in staging. -#}
{% set fields = {
    'company': 'company_id',
    'department': 'department_id',
    'branch': 'branch_id',
    'designation': 'designation_id',
    'grade': 'grade_id',
    'employment_type': 'employment_type_id',
    'reports_to': 'manager_document_id',
} %}

with employees as (
    {{ as_known('stg_frappe_hr__employees') }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
),

changes as (
    select * from {{ ref('int_frappe_hr_fields_changed') }}
),

spellings as (
    select * from {{ ref('int_frappe_hr_links_spelled') }}
),

-- The day whose state the Employee document shows: that of knowledge, or the last one
-- that it covers.
shown_documents as (
    select
        documents.known_at,
        documents.employee_document_id,
        {% for column in fields.values() -%}
        employees.{{ column }},
        {% endfor -%}
        documents.document_from,
        documents.document_to,
        greatest(
            documents.document_from,
            least(
                employees.as_at_on,
                cast({{ dbt.dateadd('day', -1, 'documents.document_to') }} as date)
            )
        ) as shown_on
    from documents
    inner join employees
        on
            documents.known_at = employees.known_at
            and documents.employee_document_id = employees.employee_document_id
    where documents.document_from < documents.document_to
),

shown_values as (
    {% for field, column in fields.items() -%}
    select
        shown_documents.known_at,
        shown_documents.employee_document_id,
        cast('{{ field }}' as string) as field_name,
        {# Nobody is in a department that there is not. -#}
        {% if field == 'reports_to' -%}
        coalesce(spellings.link_value, shown_documents.{{ column }}, '')
            as shown_value,
        {%- else -%}
        case
            when spellings.times > 1 then shown_documents.{{ column }}
            else coalesce(spellings.link_value, '')
        end as shown_value,
        {%- endif %}
        shown_documents.document_from,
        shown_documents.document_to,
        shown_documents.shown_on
    from shown_documents
    left join spellings
        on
            shown_documents.known_at = spellings.known_at
            and lower(shown_documents.{{ column }}) = spellings.spelling
            and spellings.field_name = '{{ field }}'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ordered_changes as (
    select
        changes.known_at,
        changes.employee_document_id,
        changes.field_name,
        coalesce(changes.value_before, '') as value_before,
        coalesce(changes.value_after, '') as value_after,
        changes.changed_on,
        row_number() over (
            partition by
                changes.known_at,
                changes.employee_document_id,
                changes.field_name
            order by
                changes.recorded_at nulls last,
                changes.change_document_id nulls last,
                changes.row_number_in_document nulls last
        ) as entry_number
    from changes
),

-- Before its first change a field held what the change entered first says it replaced.
first_values as (
    select
        shown_values.known_at,
        shown_values.employee_document_id,
        shown_values.field_name,
        coalesce(ordered_changes.value_before, shown_values.shown_value) as field_value,
        cast(0 as bigint) as entry_number,
        shown_values.document_from as effective_from,
        cast('0001-01-01' as date) as changed_on
    from shown_values
    left join ordered_changes
        on
            shown_values.known_at = ordered_changes.known_at
            and shown_values.employee_document_id = ordered_changes.employee_document_id
            and shown_values.field_name = ordered_changes.field_name
            and ordered_changes.entry_number = 1
),

changed_values as (
    select
        ordered_changes.known_at,
        ordered_changes.employee_document_id,
        ordered_changes.field_name,
        ordered_changes.value_after as field_value,
        ordered_changes.entry_number,
        greatest(ordered_changes.changed_on, shown_values.document_from)
            as effective_from,
        ordered_changes.changed_on
    from ordered_changes
    inner join shown_values
        on
            ordered_changes.known_at = shown_values.known_at
            and ordered_changes.employee_document_id = shown_values.employee_document_id
            and ordered_changes.field_name = shown_values.field_name
    where ordered_changes.changed_on < shown_values.document_to
),

all_values as (
    select * from first_values
    union all
    select * from changed_values
),

-- Of several changes to one day, the last one counts.
ranked_values as (
    select
        all_values.known_at,
        all_values.employee_document_id,
        all_values.field_name,
        all_values.field_value,
        all_values.effective_from,
        row_number() over (
            partition by
                all_values.known_at,
                all_values.employee_document_id,
                all_values.field_name,
                all_values.effective_from
            order by
                all_values.changed_on desc nulls last,
                all_values.entry_number desc nulls last
        ) as value_rank
    from all_values
),

values_with_shown as (
    select
        ranked_values.known_at,
        ranked_values.employee_document_id,
        ranked_values.field_name,
        ranked_values.field_value,
        ranked_values.effective_from,
        shown_values.shown_value,
        shown_values.shown_on,
        max(
            case
                when ranked_values.effective_from <= shown_values.shown_on
                    then ranked_values.effective_from
            end
        ) over (
            partition by
                ranked_values.known_at,
                ranked_values.employee_document_id,
                ranked_values.field_name
        ) as shown_from,
        max(
            case
                when
                    ranked_values.effective_from > shown_values.shown_on
                    and ranked_values.field_value = shown_values.shown_value
                    then 1
                else 0
            end
        ) over (
            partition by
                ranked_values.known_at,
                ranked_values.employee_document_id,
                ranked_values.field_name
        ) as is_shown_ahead
    from ranked_values
    inner join shown_values
        on
            ranked_values.known_at = shown_values.known_at
            and ranked_values.employee_document_id = shown_values.employee_document_id
            and ranked_values.field_name = shown_values.field_name
    where ranked_values.value_rank = 1
),

-- What Employee says today is right today, unless it shows a coming change already.
corrected_values as (
    select
        values_with_shown.known_at,
        values_with_shown.employee_document_id,
        values_with_shown.field_name,
        values_with_shown.effective_from,
        case
            when
                values_with_shown.effective_from = values_with_shown.shown_from
                and values_with_shown.is_shown_ahead = 0
                then values_with_shown.shown_value
            else values_with_shown.field_value
        end as field_value
    from values_with_shown
),

-- One row per document and day of change; a field that did not change is null.
pivoted as (
    select
        corrected_values.known_at,
        corrected_values.employee_document_id,
        {% for field, column in fields.items() -%}
        max(
            case
                when corrected_values.field_name = '{{ field }}'
                    then corrected_values.field_value
            end
        ) as {{ column }},
        {% endfor -%}
        corrected_values.effective_from
    from corrected_values
    group by
        corrected_values.known_at,
        corrected_values.employee_document_id,
        corrected_values.effective_from
),

counted as (
    select
        pivoted.*,
        {% for column in fields.values() -%}
        count(pivoted.{{ column }}) over (
            partition by pivoted.known_at, pivoted.employee_document_id
            order by pivoted.effective_from nulls last
            rows between unbounded preceding and current row
        ) as {{ column }}_change,
        {% endfor -%}
        lead(pivoted.effective_from) over (
            partition by pivoted.known_at, pivoted.employee_document_id
            order by pivoted.effective_from nulls last
        ) as next_effective_from
    from pivoted
),

carried as (
    select
        counted.known_at,
        counted.employee_document_id,
        {% for column in fields.values() -%}
        max(counted.{{ column }}) over (
            partition by
                counted.known_at,
                counted.employee_document_id,
                counted.{{ column }}_change
        ) as {{ column }},
        {% endfor -%}
        counted.effective_from,
        counted.next_effective_from
    from counted
),

walked_back as (
    select
        'frappe_hr:' || documents.employee_document_id as record_id,
        'frappe_hr:' || documents.employment_document_id as employment_id,
        'frappe_hr:' || documents.person_document_id as person_id,
        'frappe_hr:' || managers.person_document_id as manager_person_id,
        {% for column in fields.values() if column != 'manager_document_id' -%}
        nullif(carried.{{ column }}, '') as {{ column }},
        {% endfor -%}
        documents.is_now,
        carried.effective_from,
        coalesce(carried.next_effective_from, documents.document_to) as effective_to,
        carried.known_at
    from carried
    inner join documents
        on
            carried.known_at = documents.known_at
            and carried.employee_document_id = documents.employee_document_id
    left join documents as managers
        on
            carried.known_at = managers.known_at
            and carried.manager_document_id = managers.employee_document_id
)

select * from walked_back
