{#-
What orders the exports of a record of applicant tracking, the newest greatest: the one
counts that declares the latest day, in whatever order they came; of those of one day the one
loaded last, then the greatest name; and within a file the last line.
-#}
{% macro export_order() -%}
    {{ return([
        exported_on(declared_on('log_rows._file_name'), 'loads.completed_at'),
        'log_rows._dlt_load_id',
        'log_rows._file_name',
        'log_rows._file_sha256',
        'log_rows._file_line',
    ]) }}
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
