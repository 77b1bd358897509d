{#-
Emits a select of the newest state of each record of applicant tracking that was known at
`as_at`, used by staging alone. Of several exports of a record the one counts that declares the
latest day, in whatever order they came; of those of one day the one loaded last, then the
greatest name; and within a file the last line.

- table: the table in raw.
- key: the column that identifies a record.
-#}
{% macro newest_exports(table, key) -%}
    select ranked_exports.*
    from (
        select
            dated_exports.*,
            row_number() over (
                partition by dated_exports.{{ key }}
                order by
                    {{ exported_on('dated_exports.declared_on', 'dated_exports.completed_at') }}
                    desc nulls last,
                    dated_exports._dlt_load_id desc nulls last,
                    dated_exports._file_name desc nulls last,
                    dated_exports._file_sha256 desc nulls last,
                    dated_exports._file_line desc nulls last
            ) as export_rank
        from (
            select
                log_rows.*,
                loads.completed_at,
                {{ declared_on('log_rows._file_name') }} as declared_on
            from {{ source('ats', table) }} as log_rows
            inner join ({{ completed_load_instants('ats') }}) as loads
                on log_rows._dlt_load_id = loads.load_id
        ) as dated_exports
    ) as ranked_exports
    where ranked_exports.export_rank = 1
{%- endmacro %}


{#-
The last day in the path of a file, as written; empty where there is none. A day is yyyy-mm-dd,
also with `_`, `.`, `/` or nothing between and a time right behind, or dd.mm.yyyy.
-#}
{% macro declared_on(path) -%}
    {%- set year_first = '(?:19|20)[0-9]{2}[-_./]?[01][0-9][-_./]?[0-3][0-9]' -%}
    {%- set day_first = '[0-3][0-9][.][01][0-9][.](?:19|20)[0-9]{2}' -%}
    {%- set day = '(' ~ year_first ~ '|' ~ day_first ~ ')(?:[0-9]{4}|[0-9]{6})?' -%}
    regexp_extract({{ path }}, '^(?:.*[^0-9])?{{ day }}(?:[^0-9].*)?$', 1)
{%- endmacro %}


{#- That day as yyyymmdd, which sorts; where there is none, the day of the load. -#}
{% macro exported_on(declared_on, completed_at) -%}
    case
        when {{ declared_on }} like '__.__.____'
            then
                substring({{ declared_on }}, 7, 4)
                || substring({{ declared_on }}, 4, 2)
                || substring({{ declared_on }}, 1, 2)
        when {{ declared_on }} <> ''
            then translate({{ declared_on }}, '-_./', '')
        else replace(substring(cast({{ completed_at }} as string), 1, 10), '-', '')
    end
{%- endmacro %}
