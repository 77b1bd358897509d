{#- How many people a published figure must rest on: the var `disclosure`, checked. -#}
{% macro disclosure_minimum() -%}
    {%- set given = var('disclosure') -%}
    {%- if given is not mapping or given.keys() | list != ['minimum_cell'] -%}
        {{ exceptions.raise_compiler_error(
            "The var disclosure is '" ~ given ~ "': give it minimum_cell and nothing "
            ~ "else, such as {minimum_cell: 10}."
        ) }}
    {%- endif -%}
    {%- set least = given['minimum_cell'] -%}
    {%- if least is boolean or least is not integer or least < 2 -%}
        {{ exceptions.raise_compiler_error(
            "The var disclosure has minimum_cell '" ~ least ~ "': give a whole number "
            ~ "of people, 2 or more."
        ) }}
    {%- endif -%}
    {{ return(least) }}
{%- endmacro %}
