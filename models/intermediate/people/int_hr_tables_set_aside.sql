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
people_employed as (
    select * from {{ ref('int_hr_tables_employments_derived') }}
    where is_now
),

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

posts as (
    select
        assignments.*,
        coalesce(
            assignments.effective_to,
            lead(assignments.effective_from) over (
                partition by
                    assignments.source_name,
                    assignments.source_table,
                    assignments.person_id
                order by assignments.effective_from nulls last
            ),
            cast('9999-12-31' as date)
        ) as holds_to
    from assignments
    where
        assignments.shape in ('history', 'events')
        and assignments.effective_from is not null
),

-- What is told of days on which nobody says that the person was employed.
posts_outside as (
    select
        posts.source_name,
        posts.source_table,
        posts.file_name,
        posts.file_line,
        posts.effective_from
    from posts
    inner join people_employed
        on posts.source_name || ':' || posts.person_id = people_employed.person_id
    left join employments
        on
            posts.source_name = employments.source_name
            and posts.source_table = employments.source_table
            and posts.exported_on = employments.exported_on
            and posts.file_name = employments.file_name
            and posts.file_line = employments.file_line
            and (employments.event_kind = 'exit' or not employments.is_employed)
    where employments.file_line is null and posts.effective_from < posts.holds_to
    group by
        posts.source_name,
        posts.source_table,
        posts.file_name,
        posts.file_line,
        posts.effective_from,
        posts.holds_to
    having
        max(
            case
                when
                    posts.effective_from <= people_employed.ended_on
                    and posts.holds_to > people_employed.started_on
                    then 1
                else 0
            end
        ) = 0
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
    union all
    select
        assignments.source_name,
        'export_manager_unknown' as rule,
        assignments.source_table,
        assignments.file_name,
        assignments.file_line,
        'manager_id' as field_name,
        assignments.exported_on as since_on
    from assignments
    inner join sources
        on
            assignments.source_name = sources.source_name
            and sources.handed_over_on is null
    left join records
        on
            assignments.source_name = records.source_name
            and assignments.source_name || ':' || assignments.manager_id
            = records.record_id
    where assignments.manager_id is not null and records.record_id is null
    union all
    select
        posts_outside.source_name,
        'export_post_outside_employment' as rule,
        posts_outside.source_table,
        posts_outside.file_name,
        posts_outside.file_line,
        'effective_from' as field_name,
        posts_outside.effective_from as since_on
    from posts_outside
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
