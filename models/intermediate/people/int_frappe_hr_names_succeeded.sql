{#-
A renamed record keeps the instant at which it was entered, and leaves no deletion. Where
records share that instant, as after an import, people are told apart by their number or
by name and birth, and everything by the links of other records, which the HR system
moves along without touching those records otherwise. That is also all there is to tell
which record a merged one went into.
-#}
{#- A name can be followed by another: up to two to the power of this. -#}
{% set doublings = 3 %}

{#- Fields of Employee that point to a record, and the doctype of that. -#}
{% set links = {
    'company': ('company_id', 'Company'),
    'department': ('department_id', 'Department'),
    'branch': ('branch_id', 'Branch'),
    'designation': ('designation_id', 'Designation'),
    'grade': ('grade_id', 'Employee Grade'),
    'employment_type': ('employment_type_id', 'Employment Type'),
    'reports_to': ('manager_document_id', 'Employee'),
} %}

{#- Documents that point to an Employee, and what they are called. -#}
{% set documents = {
    'employee_promotion': 'promotions',
    'employee_transfer': 'transfers',
    'employee_separation': 'separations',
    'leave_application': 'leaves',
} %}

with link_values as (
    select * from {{ ref('stg_frappe_hr__link_value_versions') }}
),

employees as (
    select * from {{ ref('stg_frappe_hr__employee_versions') }}
),

{% for document, name in documents.items() -%}
{{ name }} as (
    select * from {{ ref('stg_frappe_hr__' ~ document ~ '_versions') }}
),

{% endfor -%}
gone as (
    select * from {{ ref('stg_frappe_hr__gone_documents') }}
),

names as (
    select
        link_values.field_name,
        link_values.link_value,
        min(link_values.recorded_at) as recorded_at,
        min(link_values.known_from) as first_known_from,
        max(link_values.known_from) as last_known_from,
        max(link_values.known_to) as known_to
    from link_values
    group by link_values.field_name, link_values.link_value
),

traits as (
    select
        employees.employee_document_id,
        max(employees.employee_number) as employee_number,
        max(lower(employees.first_name)) as first_name,
        max(lower(employees.last_name)) as last_name,
        max(employees.born_on) as born_on
    from employees
    group by employees.employee_document_id
),

untold as (
    select distinct
        case gone.doctype
            {% for field, (column, doctype) in links.items() -%}
            when '{{ doctype }}' then '{{ field }}'
            {% endfor -%}
        end as field_name,
        gone.document_id
    from gone
),

-- Records that are there no more, and whether a deletion told of it.
former as (
    select
        names.*,
        traits.employee_number,
        traits.first_name,
        traits.last_name,
        traits.born_on,
        untold.document_id is not null as is_untold
    from names
    left join traits
        on
            names.link_value = traits.employee_document_id
            and names.field_name = 'reports_to'
    left join untold
        on
            names.link_value = untold.document_id
            and names.field_name = untold.field_name
    where names.known_to < {{ never() }}
),

candidates as (
    select
        former.field_name,
        former.link_value as former_value,
        names.link_value,
        former.last_known_from,
        names.first_known_from,
        rank() over (
            partition by former.field_name, former.link_value
            order by names.first_known_from asc nulls last
        ) as former_rank,
        rank() over (
            partition by former.field_name, names.link_value
            order by former.last_known_from desc nulls last
        ) as later_rank
    from former
    inner join names
        on
            former.field_name = names.field_name
            and former.recorded_at = names.recorded_at
            and former.last_known_from < names.first_known_from
    left join traits
        on
            names.link_value = traits.employee_document_id
            and names.field_name = 'reports_to'
    where
        former.is_untold
        and (
            names.field_name <> 'reports_to'
            or former.employee_number = traits.employee_number
            or (
                coalesce(former.first_name, '') = coalesce(traits.first_name, '')
                and coalesce(former.last_name, '') = coalesce(traits.last_name, '')
                and former.born_on = traits.born_on
                and former.employee_number is null
                and traits.employee_number is null
            )
        )
),

counted_candidates as (
    select
        candidates.*,
        count(*) over (
            partition by candidates.field_name, candidates.former_value
        ) as times_former,
        count(*) over (
            partition by candidates.field_name, candidates.link_value
        ) as times_later
    from candidates
    where
        candidates.former_rank = 1
        and candidates.later_rank = 1
),

-- What a version of a document pointed to when it was read, and read again.
pointed as (
    {% for field, (column, doctype) in links.items() -%}
    select
        cast('{{ field }}' as string) as field_name,
        employees.employee_document_id as document_id,
        employees.{{ column }} as link_value,
        employees.modified_local,
        employees.known_from
    from employees
    union all
    {% endfor -%}
    {% for document, name in documents.items() -%}
    select
        cast('reports_to' as string) as field_name,
        '{{ document }}:' || {{ name }}.{{ document }}_id as document_id,
        {{ name }}.employee_document_id as link_value,
        {{ name }}.modified_local,
        {{ name }}.known_from
    from {{ name }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

compared as (
    select
        pointed.*,
        lag(pointed.link_value) over (
            partition by
                pointed.field_name, pointed.document_id, pointed.modified_local
            order by pointed.known_from nulls last
        ) as former_value
    from pointed
),

moved as (
    select
        compared.field_name,
        compared.former_value,
        min(compared.link_value) as link_value
    from compared
    inner join names
        on
            compared.field_name = names.field_name
            and compared.link_value = names.link_value
    where compared.former_value <> compared.link_value
    group by compared.field_name, compared.former_value
    having min(compared.link_value) = max(compared.link_value)
),

steps as (
    select
        former.field_name,
        former.link_value as former_value,
        coalesce(counted_candidates.link_value, moved.link_value) as link_value,
        former.is_untold as is_rename
    from former
    left join counted_candidates
        on
            former.field_name = counted_candidates.field_name
            and former.link_value = counted_candidates.former_value
            and counted_candidates.times_former = 1
            and counted_candidates.times_later = 1
    left join moved
        on
            former.field_name = moved.field_name
            and former.link_value = moved.former_value
    where coalesce(counted_candidates.link_value, moved.link_value) is not null
),

reached_0 as (
    select * from steps
),

{% for step in range(1, doublings + 1) -%}
reached_{{ step }} as (
    select * from reached_{{ step - 1 }}
    union distinct
    select
        nearer.field_name,
        nearer.former_value,
        further.link_value,
        nearer.is_rename and further.is_rename as is_rename
    from reached_{{ step - 1 }} as nearer
    inner join reached_{{ step - 1 }} as further
        on
            nearer.field_name = further.field_name
            and nearer.link_value = further.former_value
            and nearer.former_value <> further.link_value
),

{% endfor -%}
succeeded as (
    select
        reached.field_name,
        reached.former_value,
        reached.link_value,
        reached.is_rename,
        reached.is_rename
        and not exists (
            select 1
            from steps
            where
                reached.field_name = steps.field_name
                and reached.former_value = steps.link_value
                and steps.is_rename
        ) as is_first
    from reached_{{ doublings }} as reached
)

select * from succeeded
