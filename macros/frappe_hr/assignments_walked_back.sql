{#-
Emits a select of what held when for each employment, walked back from what Employee
shows today and what promotions and transfers changed (decision 0004).

- employees, documents, changes: relations with the columns of the staging model, of
  `frappe_hr_documents_linked` and of `frappe_hr_fields_changed`.
- today: a relation with `as_at_on`, the day that is today.
- links: a relation with the columns of `int_frappe_hr_links_spelled`.
- fields: each field of Employee that makes an assignment, and its column.
- at: a column of all of them that tells states of knowledge apart.
-#}
{% macro frappe_hr_assignments_walked_back(
    employees, documents, changes, today, links, fields, at=none
) -%}
-- The day whose state the Employee document shows: today, or the last that it covers.
with shown_documents as (
    select
        {{ at_column(at, 'documents') }}
        documents.employee_document_id,
        documents.document_from,
        documents.document_to,
        greatest(
            documents.document_from,
            least(
                today.as_at_on,
                cast({{ dbt.dateadd('day', -1, 'documents.document_to') }} as date)
            )
        ) as shown_on
    from {{ documents }} as documents
    {% if at is none -%}
    cross join {{ today }} as today
    {%- else -%}
    inner join {{ today }} as today
        on documents.{{ at }} = today.{{ at }}
    {%- endif %}
    where documents.document_from < documents.document_to
),

spellings as (
    {{ frappe_hr_spellings(links, at) }}
),

shown_values as (
    {% for field, column in fields.items() -%}
    select
        {{ at_column(at, 'shown_documents') }}
        shown_documents.employee_document_id,
        cast('{{ field }}' as string) as field_name,
        {# Nobody is in a department that there is not. -#}
        {% if field == 'reports_to' -%}
        coalesce(spellings.link_value, employees.{{ column }}, '') as shown_value,
        {%- else -%}
        case
            when spellings.times > 1 then employees.{{ column }}
            else coalesce(spellings.link_value, '')
        end as shown_value,
        {%- endif %}
        shown_documents.document_from,
        shown_documents.document_to,
        shown_documents.shown_on
    from shown_documents
    inner join {{ employees }} as employees
        on
            {{ at_same(at, 'shown_documents', 'employees') }}
            shown_documents.employee_document_id = employees.employee_document_id
    left join spellings
        on
            {{ at_same(at, 'employees', 'spellings') }}
            lower(employees.{{ column }}) = spellings.spelling
            and spellings.field_name = '{{ field }}'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ordered_changes as (
    select
        {{ at_column(at, 'changes') }}
        changes.employee_document_id,
        changes.field_name,
        coalesce(changes.value_before, '') as value_before,
        coalesce(changes.value_after, '') as value_after,
        changes.changed_on,
        row_number() over (
            partition by
                {{ at_column(at, 'changes') }}
                changes.employee_document_id,
                changes.field_name
            order by
                changes.recorded_at nulls last,
                changes.change_document_id nulls last,
                changes.row_number_in_document nulls last
        ) as entry_number
    from {{ changes }} as changes
),

-- Before its first change a field held what the change entered first says it replaced.
first_values as (
    select
        {{ at_column(at, 'shown_values') }}
        shown_values.employee_document_id,
        shown_values.field_name,
        coalesce(ordered_changes.value_before, shown_values.shown_value) as field_value,
        cast(0 as bigint) as entry_number,
        shown_values.document_from as effective_from,
        cast('0001-01-01' as date) as changed_on
    from shown_values
    left join ordered_changes
        on
            {{ at_same(at, 'shown_values', 'ordered_changes') }}
            shown_values.employee_document_id = ordered_changes.employee_document_id
            and shown_values.field_name = ordered_changes.field_name
            and ordered_changes.entry_number = 1
),

changed_values as (
    select
        {{ at_column(at, 'ordered_changes') }}
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
            {{ at_same(at, 'ordered_changes', 'shown_values') }}
            ordered_changes.employee_document_id = shown_values.employee_document_id
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
        {{ at_column(at, 'all_values') }}
        all_values.employee_document_id,
        all_values.field_name,
        all_values.field_value,
        all_values.effective_from,
        row_number() over (
            partition by
                {{ at_column(at, 'all_values') }}
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
        {{ at_column(at, 'ranked_values') }}
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
                {{ at_column(at, 'ranked_values') }}
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
                {{ at_column(at, 'ranked_values') }}
                ranked_values.employee_document_id,
                ranked_values.field_name
        ) as is_shown_ahead
    from ranked_values
    inner join shown_values
        on
            {{ at_same(at, 'ranked_values', 'shown_values') }}
            ranked_values.employee_document_id = shown_values.employee_document_id
            and ranked_values.field_name = shown_values.field_name
    where ranked_values.value_rank = 1
),

-- What Employee says today is right today, unless it shows a coming change already.
corrected_values as (
    select
        {{ at_column(at, 'values_with_shown') }}
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
        {{ at_column(at, 'corrected_values') }}
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
        {{ at_column(at, 'corrected_values') }}
        corrected_values.employee_document_id,
        corrected_values.effective_from
),

counted as (
    select
        pivoted.*,
        {% for column in fields.values() -%}
        count(pivoted.{{ column }}) over (
            partition by {{ at_column(at, 'pivoted') }} pivoted.employee_document_id
            order by pivoted.effective_from nulls last
            rows between unbounded preceding and current row
        ) as {{ column }}_change,
        {% endfor -%}
        lead(pivoted.effective_from) over (
            partition by {{ at_column(at, 'pivoted') }} pivoted.employee_document_id
            order by pivoted.effective_from nulls last
        ) as next_effective_from
    from pivoted
),

carried as (
    select
        {{ at_column(at, 'counted') }}
        counted.employee_document_id,
        {% for column in fields.values() -%}
        max(counted.{{ column }}) over (
            partition by
                {{ at_column(at, 'counted') }}
                counted.employee_document_id,
                counted.{{ column }}_change
        ) as {{ column }},
        {% endfor -%}
        counted.effective_from,
        counted.next_effective_from
    from counted
)

select
    {{ at_column(at, 'carried') }}
    'frappe_hr:' || documents.employment_document_id as employment_id,
    'frappe_hr:' || documents.person_document_id as person_id,
    'frappe_hr:' || managers.person_document_id as manager_person_id,
    {% for column in fields.values() if column != 'manager_document_id' -%}
    nullif(carried.{{ column }}, '') as {{ column }},
    {% endfor -%}
    carried.effective_from,
    coalesce(carried.next_effective_from, documents.document_to) as effective_to
from carried
inner join {{ documents }} as documents
    on
        {{ at_same(at, 'carried', 'documents') }}
        carried.employee_document_id = documents.employee_document_id
left join {{ documents }} as managers
    on
        {{ at_same(at, 'carried', 'managers') }}
        carried.manager_document_id = managers.employee_document_id
{%- endmacro %}
