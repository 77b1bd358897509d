{#-
What every HR system tells, in one table: emits a select of all rows of an entity, from the
model `int_<source>_<entity>` of each system that the var `hr_sources` names, with the
columns below and which system they are of. A system that the var `hr_sources_lack` says to
lack the entity has no such model. `hr_tables` are the exports of any number of systems, each
of which its models name. CONTRIBUTING.md says what each column is.
-#}
{% macro united(entity) -%}
    {%- set columns = hr_columns()[entity] -%}
    {%- for system in var('hr_sources_lack') if system not in var('hr_sources') -%}
        {{ exceptions.raise_compiler_error(
            "The var hr_sources_lack names '" ~ system ~ "', which hr_sources does not."
        ) }}
    {%- endfor -%}
    {%- set lacking = {
        'frappe_hr': [
            'contracted_hours_known', 'exports_heard', 'job_evaluations_conformed',
            'pay_lines_derived', 'pay_set_aside',
        ],
        'hr_tables': ['holidays_conformed'],
    } -%}
    {%- do lacking.update(var('hr_sources_lack')) -%}
    {%- for hr_source in var('hr_sources')
        if entity not in lacking.get(hr_source, []) -%}
    select
        {% if hr_source == 'hr_tables' -%}
        cast({{ loop.index }} * 1000 + source_rank as bigint) as source_rank,
        cast(source_name as string) as source_name,
        {% else -%}
        cast({{ loop.index }} * 1000 as bigint) as source_rank,
        cast('{{ hr_source }}' as string) as source_name,
        {% endif -%}
        {% for column, type in columns.items() -%}
        cast({{ column }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from {{ ref('int_' ~ hr_source ~ '_' ~ entity) }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- else -%}
    select
        cast(1 as bigint) as source_rank,
        cast(null as string) as source_name,
        {% for column, type in columns.items() -%}
        cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    where 1 = 0
    {%- endfor -%}
{%- endmacro %}


{#- The columns of each entity, with their types. -#}
{% macro hr_columns() -%}
    {{ return({
        'assignments_walked_back': {
            'record_id': 'string', 'employment_id': 'string', 'person_id': 'string',
            'manager_person_id': 'string',
            'company_id': 'string', 'department_id': 'string', 'branch_id': 'string',
            'designation_id': 'string', 'grade_id': 'string',
            'employment_type_id': 'string', 'is_now': 'boolean',
            'effective_from': 'date', 'effective_to': 'date', 'known_at': 'timestamp',
        },
        'contracted_hours_known': {
            'person_id': 'string', 'weekly_hours': 'decimal(5, 2)',
            'is_assumed': 'boolean', 'is_now': 'boolean', 'effective_from': 'date',
            'known_at': 'timestamp',
        },
        'departments_conformed': {
            'department_id': 'string', 'parent_department_id': 'string',
            'company_id': 'string', 'department_name': 'string',
            'is_group': 'boolean', 'is_disabled': 'boolean',
        },
        'designations_conformed': {
            'designation_id': 'string', 'designation_name': 'string',
        },
        'education_conformed': {'person_id': 'string', 'education_level': 'string'},
        'employees_conformed': {
            'person_id': 'string', 'employee_number': 'string',
            'first_name': 'string', 'last_name': 'string', 'gender': 'string',
            'born_on': 'date',
        },
        'employments_derived': {
            'employment_id': 'string', 'person_id': 'string',
            'employee_number': 'string', 'exit_kind': 'string', 'is_now': 'boolean',
            'born_on': 'date', 'resigned_on': 'date', 'started_on': 'date',
            'ended_on': 'date', 'known_at': 'timestamp',
        },
        'exports_heard': {'heard_at': 'timestamp', 'is_heard_always': 'boolean'},
        'holidays_conformed': {'country_code': 'string', 'holiday_on': 'date'},
        'identifiers_claimed': {
            'person_id': 'string', 'identifier_kind': 'string',
            'identifier': 'string', 'claimed_from': 'date', 'claimed_to': 'date',
        },
        'job_evaluations_conformed': {
            'designation': 'string', 'worker_category': 'string',
            'requirement_level': 'bigint', 'position_level': 'bigint',
        },
        'labels_known': {
            'field_name': 'string', 'link_value': 'string', 'link_label': 'string',
            'known_from': 'timestamp', 'known_to': 'timestamp',
        },
        'leaves_conformed': {
            'leave_id': 'string', 'record_id': 'string', 'leave_type': 'string',
            'is_half_day': 'boolean',
            'starts_on': 'date', 'ends_on': 'date', 'half_day_on': 'date',
            'known_from': 'timestamp', 'known_to': 'timestamp',
        },
        'pay_lines_derived': {
            'payslip_line_id': 'string', 'pay_run_id': 'string',
            'employee_key': 'string', 'company_id': 'string', 'currency': 'string',
            'line_type': 'string', 'description': 'string', 'amount': 'decimal(18, 2)',
            'paid_hours': 'decimal(9, 2)', 'is_hours_assumed': 'boolean',
            'period_starts_on': 'date',
            'period_ends_on': 'date', 'paid_on': 'date',
        },
        'pay_set_aside': {
            'rule': 'string', 'resource': 'string', 'record_key': 'string',
            'employee_key': 'string', 'since_on': 'date',
        },
        'places_conformed': {
            'company_id': 'string', 'branch_id': 'string', 'country_name': 'string',
        },
        'records_known': {
            'record_id': 'string', 'employment_id': 'string', 'person_id': 'string',
            'is_now': 'boolean', 'known_at': 'timestamp',
        },
        'records_counted': {'resource': 'string', 'records': 'bigint'},
        'set_aside': {
            'rule': 'string', 'resource': 'string', 'record_key': 'string',
            'employee_key': 'string', 'since_on': 'date',
        },
        'sites_conformed': {
            'time_zone': 'string', 'has_exits': 'boolean', 'went_live_on': 'date',
            'handed_over_on': 'date',
        },
    }) }}
{%- endmacro %}
