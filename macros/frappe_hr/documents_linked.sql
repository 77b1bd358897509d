{#-
Emits a select that tells, for each Employee document, the person and the employment
that it belongs to and the days that it covers.

- employees, transfers, work_history: relations with the columns of the staging models.
- at: a column of `employees` and `transfers` that tells states of knowledge apart.
-#}
{% macro frappe_hr_documents_linked(employees, transfers, work_history, at=none) -%}
{#- A transfer to a new document can follow another: up to two to the power of this. -#}
{% set doublings = 4 %}
with ranked_documents as (
    select
        {{ at_column(at, 'employees') }}
        employees.employee_document_id,
        row_number() over (
            {{ 'partition by employees.' ~ at if at is not none }}
            order by
                employees.recorded_at nulls last,
                employees.employee_document_id nulls last
        ) as document_rank
    from {{ employees }} as employees
),

-- Transfers that relieved one document and opened the next.
successions as (
    select
        {{ at_column(at, 'transfers') }}
        transfers.new_employee_document_id as employee_document_id,
        transfers.employee_document_id as predecessor_document_id,
        transfers.transferred_on as succeeded_on
    from {{ transfers }} as transfers
    inner join {{ employees }} as successors
        on
            {{ at_same(at, 'transfers', 'successors') }}
            transfers.new_employee_document_id = successors.employee_document_id
    inner join {{ employees }} as predecessors
        on
            {{ at_same(at, 'transfers', 'predecessors') }}
            transfers.employee_document_id = predecessors.employee_document_id
    where
        transfers.is_submitted
        and transfers.is_new_document
),

-- Transfers to another company that overwrote the document's date of joining.
company_transfers as (
    select
        {{ at_column(at, 'transfers') }}
        transfers.employee_document_id,
        min(transfers.transferred_on) as first_transferred_on
    from {{ transfers }} as transfers
    where
        transfers.is_submitted
        and not transfers.is_new_document
        and transfers.new_company_id <> transfers.company_id
    group by {{ at_column(at, 'transfers') }} transfers.employee_document_id
),

first_places as (
    select
        {{ at_column(at, 'employees') }}
        work_history.employee_document_id,
        min(work_history.started_on) as started_on
    from {{ work_history }} as work_history
    inner join {{ employees }} as employees
        on
            work_history.employee_document_id = employees.employee_document_id
            and work_history.document_modified_local = employees.modified_local
    group by {{ at_column(at, 'employees') }} work_history.employee_document_id
),

{% for step in range(doublings + 1) -%}
ancestors_{{ step }} as (
    {% if step == 0 -%}
    select
        {{ at_column(at, 'employees') }}
        employees.employee_document_id,
        coalesce(
            successions.predecessor_document_id, employees.employee_document_id
        ) as ancestor_document_id
    from {{ employees }} as employees
    left join successions
        on
            {{ at_same(at, 'employees', 'successions') }}
            employees.employee_document_id = successions.employee_document_id
    {%- else -%}
    select
        {{ at_column(at, 'nearer') }}
        nearer.employee_document_id,
        further.ancestor_document_id
    from ancestors_{{ step - 1 }} as nearer
    inner join ancestors_{{ step - 1 }} as further
        on
            {{ at_same(at, 'nearer', 'further') }}
            nearer.ancestor_document_id = further.employee_document_id
    {%- endif %}
),

{% endfor -%}
chains as (
    select
        {{ at_column(at, 'employees') }}
        employees.employee_document_id,
        ancestors.ancestor_document_id as employment_document_id,
        ranked_documents.document_rank,
        max(employees.employee_number) over (
            partition by
                {{ at_column(at, 'employees') }} ancestors.ancestor_document_id
        ) as employee_number
    from {{ employees }} as employees
    inner join ancestors_{{ doublings }} as ancestors
        on
            {{ at_same(at, 'employees', 'ancestors') }}
            employees.employee_document_id = ancestors.employee_document_id
    inner join ranked_documents
        on
            {{ at_same(at, 'employees', 'ranked_documents') }}
            employees.employee_document_id = ranked_documents.employee_document_id
),

people as (
    select
        chains.*,
        min(chains.document_rank) over (
            partition by
                {{ at_column(at, 'chains') }}
                case
                    when chains.employee_number is null then 'document'
                    else 'number'
                end,
                coalesce(chains.employee_number, chains.employment_document_id)
        ) as person_rank
    from chains
)

select
    {{ at_column(at, 'people') }}
    people.employee_document_id,
    people.employment_document_id,
    first_documents.employee_document_id as person_document_id,
    successions.predecessor_document_id,
    next_successions.employee_document_id as successor_document_id,
    people.employee_number,
    case
        when successions.succeeded_on is not null then successions.succeeded_on
        when company_transfers.first_transferred_on is not null
            then least(
                employees.joined_on,
                coalesce(first_places.started_on, employees.joined_on)
            )
        else employees.joined_on
    end as document_from,
    coalesce(
        next_successions.succeeded_on,
        employees.relieved_on,
        cast('9999-12-31' as date)
    ) as document_to
from people
inner join {{ employees }} as employees
    on
        {{ at_same(at, 'people', 'employees') }}
        people.employee_document_id = employees.employee_document_id
inner join ranked_documents as first_documents
    on
        {{ at_same(at, 'people', 'first_documents') }}
        people.person_rank = first_documents.document_rank
left join successions
    on
        {{ at_same(at, 'people', 'successions') }}
        people.employee_document_id = successions.employee_document_id
left join successions as next_successions
    on
        {{ at_same(at, 'people', 'next_successions') }}
        people.employee_document_id = next_successions.predecessor_document_id
left join company_transfers
    on
        {{ at_same(at, 'people', 'company_transfers') }}
        people.employee_document_id = company_transfers.employee_document_id
left join first_places
    on
        {{ at_same(at, 'people', 'first_places') }}
        people.employee_document_id = first_places.employee_document_id
{%- endmacro %}
