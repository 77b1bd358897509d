{#-
What several tables and exports say of a person, in one row: of each fact the one that was
said last.
-#}
{% set facts = {
    'employee_number': 'string', 'first_name': 'string', 'last_name': 'string',
    'sex': 'string', 'born_on': 'date', 'education_level': 'string',
} %}

with said as (
    {{ as_known('stg_hr_tables__people') }}
),

-- What an event leaves blank it does not change.
statements as (
    select
        said.known_at,
        said.is_now,
        said.source_rank,
        said.source_name,
        said.source_table,
        said.person_id,
        {% for fact in facts if fact != 'sex' -%}
        said.{{ fact }},
        {% endfor -%}
        case
            when said.shape <> 'events' or said.sex <> 'undeclared' then said.sex
        end as sex,
        said.exported_on,
        said.known_from
    from said
),

ordered as (
    select
        statements.*,
        row_number() over (
            partition by
                statements.known_at, statements.source_name, statements.person_id
            order by
                statements.exported_on asc nulls last,
                statements.known_from asc nulls last,
                statements.source_table asc nulls last,
                statements.employee_number asc nulls last,
                statements.first_name asc nulls last,
                statements.last_name asc nulls last,
                statements.sex asc nulls last,
                statements.born_on asc nulls last,
                statements.education_level asc nulls last
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
