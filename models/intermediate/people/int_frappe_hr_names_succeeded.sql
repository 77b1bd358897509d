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
    select * from {{ ref('int_frappe_hr_labels_known') }}
),

employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
),

{% for document, name in documents.items() -%}
{{ name }} as (
    select * from {{ ref('stg_frappe_hr__' ~ document ~ 's') }}
),

{% endfor -%}
gone as (
    select * from {{ ref('stg_frappe_hr__gone_documents') }}
),

-- A record is known by its name and by when it was entered: a name may be given again.
names as (
    select
        link_values.field_name,
        link_values.link_value,
        link_values.recorded_at,
        min(link_values.known_from) as first_known_from,
        max(link_values.known_from) as last_known_from,
        max(link_values.known_to) as known_to
    from link_values
    group by
        link_values.field_name, link_values.link_value, link_values.recorded_at
),

-- Whether the name was given again.
ordered_names as (
    select
        names.*,
        lead(names.first_known_from) over (
            partition by names.field_name, names.link_value
            order by names.first_known_from nulls last
        ) as next_known_from
    from names
),

ranked_versions as (
    select
        employees.*,
        -- Who has no name is not called like anybody.
        nullif(
            lower(
                coalesce(employees.first_name, '') || ' '
                || coalesce(employees.last_name, '')
            ),
            ' '
        ) as full_name,
        row_number() over (
            partition by employees.employee_document_id, employees.recorded_at
            order by employees.known_from asc nulls last
        ) as version_number,
        row_number() over (
            partition by employees.employee_document_id, employees.recorded_at
            order by employees.known_from desc nulls last
        ) as versions_to_come
    from employees
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
        ordered_names.field_name,
        ordered_names.link_value,
        ordered_names.recorded_at,
        ordered_names.first_known_from,
        ordered_names.last_known_from,
        untold.document_id is not null
        or ordered_names.next_known_from is not null as is_untold
    from ordered_names
    left join untold
        on
            ordered_names.link_value = untold.document_id
            and ordered_names.field_name = untold.field_name
    where ordered_names.known_to < {{ never() }}
),

-- Entered at the same instant, and there since: for people, what both say is compared.
pairs as (
    select
        former.field_name,
        former.link_value as former_value,
        names.link_value,
        former.last_known_from,
        names.first_known_from,
        coalesce(
            last_versions.employee_number = first_versions.employee_number
            or (
                last_versions.full_name = first_versions.full_name
                and last_versions.born_on = first_versions.born_on
            ),
            false
        ) as is_alike,
        coalesce(
            last_versions.born_on <> first_versions.born_on
            and last_versions.full_name <> first_versions.full_name,
            false
        ) as is_unlike,
        count(*) over (
            partition by former.field_name, former.link_value, former.recorded_at
        ) as times_former,
        count(*) over (
            partition by former.field_name, names.link_value, names.recorded_at
        ) as times_later
    from former
    inner join names
        on
            former.field_name = names.field_name
            and former.recorded_at = names.recorded_at
            and former.link_value <> names.link_value
            and former.last_known_from < names.first_known_from
    left join ranked_versions as last_versions
        on
            former.field_name = 'reports_to'
            and former.link_value = last_versions.employee_document_id
            and former.recorded_at = last_versions.recorded_at
            and last_versions.versions_to_come = 1
    left join ranked_versions as first_versions
        on
            names.field_name = 'reports_to'
            and names.link_value = first_versions.employee_document_id
            and names.recorded_at = first_versions.recorded_at
            and first_versions.version_number = 1
    where former.is_untold
),

candidates as (
    select
        pairs.*,
        rank() over (
            partition by pairs.field_name, pairs.former_value
            order by pairs.first_known_from asc nulls last
        ) as former_rank,
        rank() over (
            partition by pairs.field_name, pairs.link_value
            order by pairs.last_known_from desc nulls last
        ) as later_rank
    from pairs
    where
        pairs.field_name <> 'reports_to'
        or pairs.is_alike
        or (
            pairs.times_former = 1
            and pairs.times_later = 1
            and not pairs.is_unlike
        )
),

counted_candidates as (
    select
        candidates.field_name,
        candidates.former_value,
        candidates.link_value,
        count(*) over (
            partition by candidates.field_name, candidates.former_value
        ) as rivals_later,
        count(*) over (
            partition by candidates.field_name, candidates.link_value
        ) as rivals_former
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

first_seen as (
    select
        names.field_name,
        names.link_value,
        min(names.first_known_from) as first_known_from
    from names
    group by names.field_name, names.link_value
),

moved as (
    select
        compared.field_name,
        compared.former_value,
        min(compared.link_value) as link_value,
        min(first_seen.first_known_from) as first_known_from
    from compared
    inner join first_seen
        on
            compared.field_name = first_seen.field_name
            and compared.link_value = first_seen.link_value
    where compared.former_value <> compared.link_value
    group by compared.field_name, compared.former_value
    having min(compared.link_value) = max(compared.link_value)
),

-- What was there before is another record, into which this one was merged.
steps as (
    select
        former.field_name,
        former.link_value as former_value,
        coalesce(counted_candidates.link_value, moved.link_value) as link_value,
        former.is_untold
        and (
            counted_candidates.link_value is not null
            or former.last_known_from < moved.first_known_from
        ) as is_rename,
        former.first_known_from
    from former
    left join counted_candidates
        on
            former.field_name = counted_candidates.field_name
            and former.link_value = counted_candidates.former_value
            and counted_candidates.rivals_former = 1
            and counted_candidates.rivals_later = 1
    left join moved
        on
            former.field_name = moved.field_name
            and former.link_value = moved.former_value
    where coalesce(counted_candidates.link_value, moved.link_value) is not null
),

distinct_steps as (
    select
        steps.field_name,
        steps.former_value,
        steps.link_value,
        min(case when steps.is_rename then 1 else 0 end) = 1 as is_rename,
        min(steps.first_known_from) as first_known_from
    from steps
    group by steps.field_name, steps.former_value, steps.link_value
),

reached_0 as (
    select * from distinct_steps
),

-- A name as it is, and with the one that followed it.
hops as (
    select 0 as hop
    union all
    select 1 as hop
),

{% for step in range(1, doublings + 1) -%}
reached_{{ step }} as (
    select distinct
        nearer.field_name,
        nearer.former_value,
        coalesce(further.link_value, nearer.link_value) as link_value,
        nearer.is_rename and coalesce(further.is_rename, true) as is_rename,
        nearer.first_known_from
    from reached_{{ step - 1 }} as nearer
    cross join hops
    left join reached_{{ step - 1 }} as further
        on
            hops.hop = 1
            and nearer.field_name = further.field_name
            and nearer.link_value = further.former_value
            and nearer.former_value <> further.link_value
),

{% endfor -%}
-- Of the names that a record had, the one known first.
ranked as (
    select
        reached.*,
        row_number() over (
            partition by reached.field_name, reached.link_value, reached.is_rename
            order by
                reached.first_known_from nulls last, reached.former_value nulls last
        ) as former_rank
    from reached_{{ doublings }} as reached
),

succeeded as (
    select
        ranked.field_name,
        ranked.former_value,
        ranked.link_value,
        ranked.is_rename,
        ranked.is_rename and ranked.former_rank = 1 as is_first
    from ranked
)

select * from succeeded
