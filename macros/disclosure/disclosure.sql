{#-
An input of what is published, from the var `disclosure`, checked.

- minimum_cell: how many people a published figure must rest on; ten at least, which the
  steps of counts are made for.
- minimum_group: how many people a published group must have at the close of every month.
- money_step: what cost per full-time equivalent is rounded to, in the reporting currency:
  about a thousandth of a year's pay. Cost is rounded to a thousand times as much.
-#}
{% macro disclosure(name) -%}
    {%- set given = var('disclosure') -%}
    {%- set least = {'minimum_cell': 10, 'minimum_group': 10, 'money_step': 1} -%}
    {%- if given is not mapping or given | sort != least | sort -%}
        {{ exceptions.raise_compiler_error(
            "The var disclosure is '" ~ given ~ "': give it " ~ least | sort | join(', ')
            ~ " and nothing else: see dbt_project.yml."
        ) }}
    {%- endif -%}
    {%- for each, number in least.items() -%}
        {%- set value = given[each] -%}
        {%- if value is boolean or value is not integer or value < number -%}
            {{ exceptions.raise_compiler_error(
                "The var disclosure has " ~ each ~ " '" ~ value
                ~ "': give a whole number, " ~ number ~ " or more."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(given[name]) }}
{%- endmacro %}
