{#-
An input of what is published, from the var `disclosure`, checked.

- minimum_cell: how many people a published figure must rest on.
- minimum_group: how many people a published group must have at the close of every month.
-#}
{% macro disclosure(name) -%}
    {%- set given = var('disclosure') -%}
    {%- set names = ['minimum_cell', 'minimum_group'] -%}
    {%- if given is not mapping or given.keys() | sort != names -%}
        {{ exceptions.raise_compiler_error(
            "The var disclosure is '" ~ given ~ "': give it minimum_cell and "
            ~ "minimum_group and nothing else, such as "
            ~ "{minimum_cell: 10, minimum_group: 30}."
        ) }}
    {%- endif -%}
    {%- for each in names -%}
        {%- set least = given[each] -%}
        {%- if least is boolean or least is not integer or least < 2 -%}
            {{ exceptions.raise_compiler_error(
                "The var disclosure has " ~ each ~ " '" ~ least
                ~ "': give a whole number of people, 2 or more."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(given[name]) }}
{%- endmacro %}
