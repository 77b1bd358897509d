{#-
What several tables and exports say of a person, in one row: of each fact the one that was
said last.
-#}
{% set facts = {
    'employee_number': 'string', 'first_name': 'string', 'last_name': 'string',
    'sex': 'string', 'born_on': 'date', 'education_level': 'string',
} %}

with statements as (
    {{ as_known('stg_hr_tables__people') }}
),

ordered as (
    select
        statements.*,
        row_number() over (
            partition by
                statements.known_at, statements.source_name, statements.person_id
            order by
                statements.exported_on nulls last,
                statements.known_from nulls last,
                statements.source_table nulls last,
                statements.file_line nulls last
        ) as said_number
    from statements
),

known as (
    select
        ordered.source_rank,
        ordered.source_name,
        ordered.person_id,
        ordered.source_name || ':' || ordered.person_id as record_id,
        {% for fact, type in facts.items() -%}
        max_by(
            ordered.{{ fact }},
            case when ordered.{{ fact }} is not null then ordered.said_number end
        ) as {{ fact }},
        {% endfor -%}
        ordered.is_now,
        ordered.known_at
    from ordered
    group by
        ordered.source_rank,
        ordered.source_name,
        ordered.person_id,
        ordered.is_now,
        ordered.known_at
)

select * from known
