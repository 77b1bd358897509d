{#- Which rule tells of each kind of fault. -#}
{% set rules = {
    'missing': 'export_row_incomplete', 'refused_row': 'export_row_refused',
    'not_in_value_map': 'export_value_not_mapped',
} %}
{#- By table of the contract, its first and last days, the last by the field's name. -#}
{% set periods = {
    'employments': [('started_on', 'ended_on'), ('effective_from', 'effective_to')],
    'assignments': [('effective_from', 'effective_to')],
    'contracted_hours': [('effective_from', 'effective_to')],
    'absences': [('absent_from', 'absent_to')],
    'pay_rates': [('effective_from', 'effective_to')],
    'pay_lines': [('paid_from', 'paid_to')],
} %}
{#- Of these, what counts for whoever is employed; of nobody's pay, pay models tell. -#}
{% set of_people = ['employments', 'assignments', 'contracted_hours', 'absences'] %}

with faults as (
    select * from {{ ref('stg_hr_tables__faults') }}
    where known_to = {{ never() }}
),

{% for table in periods -%}
{{ table }} as (
    select * from {{ ref('stg_hr_tables__' ~ table) }}
    where known_to = {{ never() }}
),

{% endfor -%}
sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

records as (
    select * from {{ ref('int_hr_tables_records_known') }}
    where is_now
),

-- Whoever was to come, and never did, was not employed for a day.
never_came as (
    select distinct
        employments.source_name,
        employments.person_id
    from employments
    where employments.started_on = employments.ended_on
),

named as (
    select
        faults.source_name,
        case faults.fault
            {% for fault, rule in rules.items() -%}
            when '{{ fault }}' then '{{ rule }}'
            {% endfor -%}
            else 'export_value_not_taken'
        end as rule,
        faults.source_table,
        faults.file_name,
        faults.file_line,
        faults.column_name as field_name,
        faults.exported_on as since_on
    from faults
    {% for table, days in periods.items() -%}
    {% for first, last in days -%}
    union all
    select
        {{ table }}.source_name,
        'export_end_before_begin' as rule,
        {{ table }}.source_table,
        {{ table }}.file_name,
        {{ table }}.file_line,
        '{{ last }}' as field_name,
        {{ table }}.{{ first }} as since_on
    from {{ table }}
    where {{ table }}.{{ last }} < {{ table }}.{{ first }}
    {% endfor -%}
    {% endfor -%}
    {% for table in of_people -%}
    union all
    select
        {{ table }}.source_name,
        'export_row_of_nobody' as rule,
        {{ table }}.source_table,
        {{ table }}.file_name,
        {{ table }}.file_line,
        'person_id' as field_name,
        {{ table }}.exported_on as since_on
    from {{ table }}
    inner join sources
        on
            {{ table }}.source_name = sources.source_name
            and sources.handed_over_on is null
    left join records
        on
            {{ table }}.source_name = records.source_name
            and {{ table }}.source_name || ':' || {{ table }}.person_id
            = records.record_id
    left join never_came
        on
            {{ table }}.source_name = never_came.source_name
            and {{ table }}.person_id = never_came.person_id
    where records.record_id is null and never_came.person_id is null
    {% endfor %}
),

set_aside as (
    select
        sources.source_rank,
        named.source_name,
        cast(named.rule as string) as rule,
        named.source_table as resource,
        named.file_name
        || ':' || cast(named.file_line as string)
        || coalesce(' ' || named.field_name, '') as record_key,
        cast(null as string) as employee_key,
        min(named.since_on) as since_on
    from named
    inner join sources
        on named.source_name = sources.source_name
    group by
        sources.source_rank,
        named.source_name,
        named.rule,
        named.source_table,
        named.file_name,
        named.file_line,
        named.field_name
)

select * from set_aside
