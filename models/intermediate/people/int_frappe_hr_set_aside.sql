{#- Fields of an assignment without which somebody is still counted. -#}
{% set links = {
    'company': 'company_id',
    'department': 'department_id',
    'branch': 'branch_id',
    'designation': 'designation_id',
    'grade': 'grade_id',
    'employment_type': 'employment_type_id',
} %}

with employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
    where known_to = {{ never() }}
),

documents as (
    select * from {{ ref('int_frappe_hr_documents_linked') }}
    where is_now
),

promotions as (
    select * from {{ ref('stg_frappe_hr__employee_promotions') }}
    where known_to = {{ never() }}
),

transfers as (
    select * from {{ ref('stg_frappe_hr__employee_transfers') }}
    where known_to = {{ never() }}
),

spelled as (
    select * from {{ ref('int_frappe_hr_links_spelled') }}
    where is_now
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

gone as (
    select * from {{ ref('stg_frappe_hr__gone_documents') }}
),

link_values as (
    select * from {{ ref('int_frappe_hr_labels_known') }}
    where known_to = {{ never() }}
),

people as (
    select * from {{ ref('int_people_linked') }}
),

leave_applications as (
    select * from {{ ref('stg_frappe_hr__leave_applications') }}
    where known_to = {{ never() }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

described as (
    select
        employees.*,
        people.employee_key,
        documents.document_from,
        documents.document_to,
        documents.successor_document_id,
        documents.is_second_job,
        documents.born_on as believed_born_on,
        documents.employee_document_id is not null as is_placed,
        min(documents.person_document_id) over (
            partition by employees.employee_number
        ) as first_bearer,
        max(documents.person_document_id) over (
            partition by employees.employee_number
        ) as last_bearer,
        reporting_period.as_at_on
    from employees
    cross join reporting_period
    left join documents
        on employees.employee_document_id = documents.employee_document_id
    left join people
        on 'frappe_hr:' || documents.person_document_id = people.person_id
),

-- What each rule is about, of Employee.
{% set rules = {
    'no_joining_date': 'described.joined_on is null and not described.is_placed',
    'joining_date_not_believable':
        'described.joined_on is not null and not described.is_placed',
    'relieved_before_joining':
        'described.relieved_on < described.joined_on'
        ~ ' and described.successor_document_id is null',
    'left_without_a_date':
        "lower(described.status) = 'left' and described.relieved_on is null"
        ~ ' and described.successor_document_id is null and described.is_placed',
    'active_after_the_last_day':
        "lower(described.status) = 'active'"
        ~ ' and described.relieved_on <= described.as_at_on'
        ~ ' and described.relieved_on >= described.joined_on'
        ~ ' and described.successor_document_id is null',
    'two_jobs_at_once': 'described.is_second_job',
    'number_of_two_people':
        'described.employee_number is not null'
        ~ ' and described.first_bearer < described.last_bearer',
    'no_employee_number': 'described.employee_number is null',
    'birth_date_not_believable':
        'described.born_on is not null and described.is_placed'
        ~ ' and described.believed_born_on is null',
} %}
employees_named as (
    {% for rule, condition in rules.items() -%}
    select
        '{{ rule }}' as rule,
        described.employee_document_id,
        described.employee_key,
        described.joined_on
    from described
    where {{ condition }}
    union all
    {% endfor -%}
    {% for field, column in links.items() -%}
    select
        'unknown_{{ field }}' as rule,
        described.employee_document_id,
        described.employee_key,
        described.joined_on
    from described
    left join spelled
        on
            lower(described.{{ column }}) = spelled.spelling
            and spelled.field_name = '{{ field }}'
    where
        spelled.spelling is null
        {%- if field != 'company' %}
        and described.{{ column }} is not null
        {%- endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

movements as (
    select
        'employee_promotions' as resource,
        promotions.employee_promotion_id as record_key,
        promotions.employee_document_id,
        promotions.promoted_on as since_on
    from promotions
    where promotions.is_submitted
    union all
    select
        'employee_transfers' as resource,
        transfers.employee_transfer_id as record_key,
        transfers.employee_document_id,
        transfers.transferred_on as since_on
    from transfers
    where transfers.is_submitted
),

-- A name that a record has no more: it has another, or is part of another record.
names_lost as (
    select
        names.field_name,
        names.former_value,
        case when names.is_rename then 'record_renamed' else 'record_merged' end
            as rule
    from names
    inner join link_values
        on
            names.field_name = link_values.field_name
            and names.link_value = link_values.link_value
),

unioned as (
    select
        employees_named.rule,
        'employees' as resource,
        employees_named.employee_document_id as record_key,
        max(employees_named.employee_key) as employee_key,
        max(employees_named.joined_on) as since_on
    from employees_named
    group by employees_named.rule, employees_named.employee_document_id
    union all
    select
        'movement_of_nobody' as rule,
        movements.resource,
        movements.record_key,
        cast(null as string) as employee_key,
        movements.since_on
    from movements
    left join employees
        on movements.employee_document_id = employees.employee_document_id
    where employees.employee_document_id is null
    union all
    select
        names_lost.rule,
        names_lost.field_name as resource,
        names_lost.former_value as record_key,
        cast(null as string) as employee_key,
        cast(null as date) as since_on
    from names_lost
    union all
    select
        'record_gone' as rule,
        gone.doctype as resource,
        gone.document_id as record_key,
        cast(null as string) as employee_key,
        min(cast(gone.known_from as date)) as since_on
    from gone
    left join names_lost
        on gone.document_id = names_lost.former_value
    left join link_values
        on gone.document_id = link_values.link_value
    where
        gone.known_to = {{ never() }}
        and names_lost.former_value is null
        and link_values.link_value is null
    group by gone.doctype, gone.document_id
    union all
    select
        'leave_of_unknown_status' as rule,
        'leave_applications' as resource,
        leave_applications.leave_application_id as record_key,
        cast(null as string) as employee_key,
        leave_applications.starts_on as since_on
    from leave_applications
    where
        leave_applications.is_submitted
        and coalesce(leave_applications.status, '') not in (
            'Open', 'Approved', 'Rejected', 'Cancelled'
        )
    union all
    select
        'leave_without_its_days' as rule,
        'leave_applications' as resource,
        leave_applications.leave_application_id as record_key,
        cast(null as string) as employee_key,
        leave_applications.starts_on as since_on
    from leave_applications
    where
        leave_applications.is_submitted
        and leave_applications.status = 'Approved'
        and not coalesce(
            leave_applications.starts_on <= leave_applications.ends_on, false
        )
)

select * from unioned
