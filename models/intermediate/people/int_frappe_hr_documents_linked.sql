{#- A transfer to a new document can follow another: up to two to the power of this. -#}
{% set doublings = 4 %}

with employees as (
    {{ as_known('stg_frappe_hr__employees') }}
),

transfers as (
    {{ as_known('stg_frappe_hr__employee_transfers') }}
),

work_history as (
    select * from {{ ref('stg_frappe_hr__employee_work_history') }}
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

first_names as (
    select
        names.link_value,
        names.former_value
    from names
    where
        names.is_first
        and names.field_name = 'reports_to'
),

reused_names as (
    select distinct names.former_value
    from names
    where names.field_name = 'reports_to'
),

-- A renamed record is known by the first of its names, and whoever has that name since
-- by the instant of their own besides.
ranked_documents as (
    select
        employees.*,
        coalesce(
            first_names.former_value,
            case
                when reused_names.former_value is not null
                    then
                        employees.employee_document_id
                        || ' ' || cast(employees.recorded_at as string)
            end,
            employees.employee_document_id
        ) as document_key,
        row_number() over (
            partition by employees.known_at
            order by
                employees.recorded_at nulls last,
                employees.employee_document_id nulls last
        ) as document_rank
    from employees
    left join first_names
        on employees.employee_document_id = first_names.link_value
    left join reused_names
        on employees.employee_document_id = reused_names.former_value
),

-- Transfers that relieved one document and opened the next.
successions as (
    select
        transfers.known_at,
        transfers.new_employee_document_id as employee_document_id,
        transfers.employee_document_id as predecessor_document_id,
        transfers.transferred_on as succeeded_on
    from transfers
    inner join employees as successors
        on
            transfers.known_at = successors.known_at
            and transfers.new_employee_document_id = successors.employee_document_id
    inner join employees as predecessors
        on
            transfers.known_at = predecessors.known_at
            and transfers.employee_document_id = predecessors.employee_document_id
    where
        transfers.is_submitted
        and transfers.is_new_document
),

-- Transfers to another company that overwrote the document's date of joining.
company_transfers as (
    select
        transfers.known_at,
        transfers.employee_document_id,
        min(transfers.transferred_on) as first_transferred_on
    from transfers
    where
        transfers.is_submitted
        and not transfers.is_new_document
        and transfers.new_company_id <> transfers.company_id
    group by transfers.known_at, transfers.employee_document_id
),

first_places as (
    select
        employees.known_at,
        work_history.employee_document_id,
        min(work_history.started_on) as started_on
    from work_history
    inner join employees
        on
            work_history.employee_document_id = employees.employee_document_id
            and work_history.document_version = employees.document_version
    group by employees.known_at, work_history.employee_document_id
),

{% for step in range(doublings + 1) -%}
ancestors_{{ step }} as (
    {% if step == 0 -%}
    select
        employees.known_at,
        employees.employee_document_id,
        coalesce(
            successions.predecessor_document_id, employees.employee_document_id
        ) as ancestor_document_id
    from employees
    left join successions
        on
            employees.known_at = successions.known_at
            and employees.employee_document_id = successions.employee_document_id
    {%- else -%}
    select
        nearer.known_at,
        nearer.employee_document_id,
        further.ancestor_document_id
    from ancestors_{{ step - 1 }} as nearer
    inner join ancestors_{{ step - 1 }} as further
        on
            nearer.known_at = further.known_at
            and nearer.ancestor_document_id = further.employee_document_id
    {%- endif %}
),

{% endfor -%}
chains as (
    select
        ranked_documents.known_at,
        ranked_documents.is_now,
        ranked_documents.employee_document_id,
        ancestors.ancestor_document_id as employment_document_id,
        ranked_documents.document_key,
        ranked_documents.document_rank,
        {% for column in ['employee_number', 'born_on'] -%}
        max(ranked_documents.{{ column }}) over (
            partition by
                ranked_documents.known_at, ancestors.ancestor_document_id
        ) as {{ column }},
        {% endfor -%}
        lower(
            coalesce(ranked_documents.first_name, '') || ' '
            || coalesce(ranked_documents.last_name, '')
        ) as full_name,
        ranked_documents.status,
        ranked_documents.born_on as stated_born_on,
        ranked_documents.joined_on,
        ranked_documents.relieved_on,
        ranked_documents.saved_on
    from ranked_documents
    inner join ancestors_{{ doublings }} as ancestors
        on
            ranked_documents.known_at = ancestors.known_at
            and ranked_documents.employee_document_id = ancestors.employee_document_id
),

-- One number with two births and two names is not one person come back.
numbered_chains as (
    select
        chains.*,
        case
            when
                min(chains.born_on)
                    over (
                        partition by chains.known_at, chains.employee_number
                    )
                < max(chains.born_on)
                    over (
                        partition by chains.known_at, chains.employee_number
                    )
                and min(chains.full_name)
                    over (
                        partition by chains.known_at, chains.employee_number
                    )
                < max(chains.full_name) over (
                    partition by chains.known_at, chains.employee_number
                )
                then chains.born_on
        end as number_born_on
    from chains
),

people as (
    select
        numbered_chains.*,
        coalesce(
            max(
                case
                    when
                        numbered_chains.employee_document_id
                        = numbered_chains.employment_document_id
                        then numbered_chains.document_key
                end
            ) over (
                partition by
                    numbered_chains.known_at, numbered_chains.employment_document_id
            ),
            numbered_chains.employment_document_id
        ) as employment_key,
        first_value(numbered_chains.document_key) over (
            partition by
                numbered_chains.known_at,
                case
                    when numbered_chains.employee_number is null then 'document'
                    else 'number'
                end,
                coalesce(
                    numbered_chains.employee_number,
                    numbered_chains.employment_document_id
                ),
                numbered_chains.number_born_on
            order by numbered_chains.document_rank nulls last
            rows between unbounded preceding and unbounded following
        ) as person_key
    from numbered_chains
),

covering as (
    select
        people.known_at,
        people.employee_document_id,
        people.employment_document_id,
        people.employment_key,
        people.person_key,
        next_successions.employee_document_id as successor_document_id,
        people.employee_number,
        people.document_rank,
        people.is_now,
        min(people.joined_on) over (
            partition by people.known_at, people.employment_document_id
        ) as employment_from,
        -- Nobody is born this late, or this long ago.
        case
            when
                people.stated_born_on >= cast('1900-01-01' as date)
                and people.stated_born_on
                <= {{ dbt.dateadd('year', -10, 'people.joined_on') }}
                then people.stated_born_on
        end as born_on,
        case
            when successions.succeeded_on is not null then successions.succeeded_on
            when company_transfers.first_transferred_on is not null
                then least(
                    people.joined_on,
                    coalesce(first_places.started_on, people.joined_on)
                )
            else people.joined_on
        end as document_from,
        -- Who has left, nobody says when, has by the day the record was saved.
        coalesce(
            next_successions.succeeded_on,
            people.relieved_on,
            case
                when lower(people.status) = 'left'
                    then people.saved_on
            end,
            cast('9999-12-31' as date)
        ) as document_to
    from people
    left join successions
        on
            people.known_at = successions.known_at
            and people.employee_document_id = successions.employee_document_id
    left join successions as next_successions
        on
            people.known_at = next_successions.known_at
            and people.employee_document_id = next_successions.predecessor_document_id
    left join company_transfers
        on
            people.known_at = company_transfers.known_at
            and people.employee_document_id = company_transfers.employee_document_id
    left join first_places
        on
            people.known_at = first_places.known_at
            and people.employee_document_id = first_places.employee_document_id
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
            partition by covering.known_at, covering.person_key
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

linked as (
    select
        succeeding.employee_document_id,
        succeeding.employment_key as employment_document_id,
        succeeding.person_key as person_document_id,
        succeeding.successor_document_id,
        succeeding.employee_number,
        succeeding.born_on,
        greatest(
            succeeding.document_from,
            coalesce(succeeding.taken_until, succeeding.document_from)
        ) as document_from,
        succeeding.document_to,
        coalesce(succeeding.taken_until > succeeding.document_from, false)
            as is_second_job,
        succeeding.is_now,
        succeeding.known_at
    from succeeding
)

select * from linked
