{#- A measure of a period as one line of an additive table. -#}
{% macro line_of(measure, date) -%}
    {{ measure }} || ' ' || cast(cast({{ date }} as date) as string)
{%- endmacro %}
