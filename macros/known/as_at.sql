{#- The `as_at` var as text, checked; none where everything known counts. -#}
{% macro as_at() -%}
    {%- set given = var('as_at') -%}
    {%- if given is none or given | string | trim == '' -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set instant = given | string | trim -%}
    {%- if not modules.re.fullmatch(
        '\\d{4}-\\d{2}-\\d{2}([ T]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?)?Z?', instant
    ) -%}
        {{ exceptions.raise_compiler_error(
            "The var as_at is '" ~ instant ~ "': give a date or an instant in UTC, "
            ~ "such as 2026-03-01 or '2026-03-01 06:00:00'."
        ) }}
    {%- endif -%}
    {{ return(instant | replace('T', ' ') | replace('Z', '')) }}
{%- endmacro %}
