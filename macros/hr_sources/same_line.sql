{#- Whether rows of two relations are of one line of one export, for a join. -#}
{% macro same_line(one, other) -%}
    {%- set columns = [
        'source_name', 'source_table', 'exported_on', 'known_from', 'file_name',
        'file_line',
    ] -%}
    {%- for column in columns %}
            {{ 'and ' if not loop.first }}{{ one }}.{{ column }} = {{ other }}.{{ column }}
    {%- endfor %}
{%- endmacro %}
