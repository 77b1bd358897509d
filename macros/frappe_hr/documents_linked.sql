{#-
Emits a select that tells, for each Employee document, the person and the employment
that it belongs to and the days that it covers.

What cannot be believed is left out, or taken as it says below; `int_frappe_hr_set_aside`
names it.

- employees, transfers, work_history: relations with the columns of the staging models.
- names: a relation with the columns of `int_frappe_hr_names_succeeded`.
- at: a column of `employees` and `transfers` that tells states of knowledge apart.
-#}
{% macro frappe_hr_documents_linked(
    employees, transfers, work_history, names, at=none
) -%}
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
            and work_history.document_version = employees.document_version
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
        {% for column in ['employee_number', 'born_on'] -%}
        max(employees.{{ column }}) over (
            partition by
                {{ at_column(at, 'employees') }} ancestors.ancestor_document_id
        ) as {{ column }},
        {% endfor -%}
        lower(
            coalesce(employees.first_name, '') || ' '
            || coalesce(employees.last_name, '')
        ) as full_name
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

-- One number with two births and two names is not one person come back.
numbered_chains as (
    select
        chains.*,
        case
            when
                min(chains.born_on) over (
                    partition by {{ at_column(at, 'chains') }} chains.employee_number
                )
                < max(chains.born_on) over (
                    partition by {{ at_column(at, 'chains') }} chains.employee_number
                )
                and min(chains.full_name) over (
                    partition by {{ at_column(at, 'chains') }} chains.employee_number
                )
                < max(chains.full_name) over (
                    partition by {{ at_column(at, 'chains') }} chains.employee_number
                )
                then chains.born_on
        end as number_born_on
    from chains
),

people as (
    select
        numbered_chains.*,
        min(numbered_chains.document_rank) over (
            partition by
                {{ at_column(at, 'numbered_chains') }}
                case
                    when numbered_chains.employee_number is null then 'document'
                    else 'number'
                end,
                coalesce(
                    numbered_chains.employee_number,
                    numbered_chains.employment_document_id
                ),
                numbered_chains.number_born_on
        ) as person_rank
    from numbered_chains
),

covering as (
    select
        {{ at_column(at, 'people') }}
        people.employee_document_id,
        people.employment_document_id,
        first_documents.employee_document_id as person_document_id,
        successions.predecessor_document_id,
        next_successions.employee_document_id as successor_document_id,
        people.employee_number,
        people.document_rank,
        min(employees.joined_on) over (
            partition by {{ at_column(at, 'people') }} people.employment_document_id
        ) as employment_from,
        -- Nobody is born this late, or this long ago.
        case
            when
                employees.born_on >= cast('1900-01-01' as date)
                and employees.born_on
                <= {{ dbt.dateadd('year', -10, 'employees.joined_on') }}
                then employees.born_on
        end as born_on,
        case
            when successions.succeeded_on is not null then successions.succeeded_on
            when company_transfers.first_transferred_on is not null
                then least(
                    employees.joined_on,
                    coalesce(first_places.started_on, employees.joined_on)
                )
            else employees.joined_on
        end as document_from,
        -- Who has left, nobody says when, has by the day the record was saved.
        coalesce(
            next_successions.succeeded_on,
            employees.relieved_on,
            case
                when lower(employees.status) = 'left'
                    then employees.saved_on
            end,
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
),

-- Of two jobs at once the one that began first counts, the other when that is over.
succeeding as (
    select
        covering.*,
        max(
            case
                when covering.document_from < covering.document_to
                    then covering.document_to
            end
        ) over (
            partition by {{ at_column(at, 'covering') }} covering.person_document_id
            order by
                covering.employment_from nulls last,
                covering.employment_document_id nulls last,
                covering.document_from nulls last,
                covering.document_rank nulls last
            rows between unbounded preceding and 1 preceding
        ) as taken_until
    from covering
    where
        covering.document_from >= cast('{{ var("calendar_starts_on") }}' as date)
        and covering.document_from <= cast('{{ var("calendar_ends_on") }}' as date)
),

-- A renamed record is known by the first of its names, and whoever has that name since
-- by the instant of their own besides.
keys as (
    select
        {{ at_column(at, 'employees') }}
        employees.employee_document_id,
        coalesce(
            first_names.former_value,
            case
                when reused_names.former_value is not null
                    then employees.employee_document_id
                        || ' ' || cast(employees.recorded_at as string)
            end,
            employees.employee_document_id
        ) as document_key
    from {{ employees }} as employees
    left join (
        select
            names.link_value,
            names.former_value
        from {{ names }} as names
        where
            names.is_first
            and names.field_name = 'reports_to'
    ) as first_names
        on employees.employee_document_id = first_names.link_value
    left join (
        select distinct names.former_value
        from {{ names }} as names
        where names.field_name = 'reports_to'
    ) as reused_names
        on employees.employee_document_id = reused_names.former_value
)

select
    {{ at_column(at, 'succeeding') }}
    succeeding.employee_document_id,
    employment_keys.document_key as employment_document_id,
    person_keys.document_key as person_document_id,
    succeeding.predecessor_document_id,
    succeeding.successor_document_id,
    succeeding.employee_number,
    succeeding.born_on,
    greatest(
        succeeding.document_from,
        coalesce(succeeding.taken_until, succeeding.document_from)
    ) as document_from,
    succeeding.document_to,
    coalesce(succeeding.taken_until > succeeding.document_from, false)
        as is_second_job
from succeeding
inner join keys as employment_keys
    on
        {{ at_same(at, 'succeeding', 'employment_keys') }}
        succeeding.employment_document_id = employment_keys.employee_document_id
inner join keys as person_keys
    on
        {{ at_same(at, 'succeeding', 'person_keys') }}
        succeeding.person_document_id = person_keys.employee_document_id
{%- endmacro %}
