{#-
What several tables and exports say of a person, in one row: of each fact the one that was
said last. A word for a sex that the mapping does not know is none, unless no other is said.
-#}
{% set facts = [
    'employee_number', 'first_name', 'last_name', 'born_on', 'education_level',
] %}

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
        coalesce(
            max_by(
                ordered.sex,
                case
                    when ordered.sex not in ('blank', 'unmapped')
                        then ordered.said_number
                end
            ),
            max(case when ordered.sex = 'unmapped' then 'other' end),
            max(case when ordered.sex = 'blank' then 'undeclared' end)
        ) as sex,
        {% for fact in facts -%}
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
