{#-
An input of the working-time rules: a number of the var `working_time`, checked with all the
others, so that a wrong or missing one is an error wherever any is used.

- name: `longest_session_hours`, `weekly_hours_limit`, `reference_weeks` or
  `daily_rest_hours`.
-#}
{% macro working_time(name) -%}
    {#- Least and greatest value, and whether it is a whole number. -#}
    {%- set inputs = {
        'longest_session_hours': (1, 24, true),
        'weekly_hours_limit': (1, 168, false),
        'reference_weeks': (1, 52, true),
        'daily_rest_hours': (1, 24, false),
    } -%}
    {%- set given = var('working_time') -%}
    {%- if given is not mapping -%}
        {{ exceptions.raise_compiler_error(
            "The var working_time is '" ~ given ~ "': give a value for each of "
            ~ inputs | join(', ') ~ '.'
        ) }}
    {%- endif -%}
    {%- for unknown in given if unknown not in inputs -%}
        {{ exceptions.raise_compiler_error(
            "The var working_time has no input '" ~ unknown ~ "'; its inputs are "
            ~ inputs | join(', ') ~ '.'
        ) }}
    {%- endfor -%}
    {%- for input, (least, greatest, is_whole) in inputs.items() -%}
        {%- if input not in given -%}
            {{ exceptions.raise_compiler_error(
                "The var working_time lacks '" ~ input ~ "'; it needs "
                ~ inputs | join(', ') ~ '.'
            ) }}
        {%- endif -%}
        {%- set value = given[input] -%}
        {%- if value is not number or value is boolean
            or (is_whole and value is not integer)
            or value < least or value > greatest -%}
            {{ exceptions.raise_compiler_error(
                "In the var working_time " ~ input ~ " is '" ~ value ~ "': give a "
                ~ ('whole ' if is_whole else '') ~ 'number from ' ~ least ~ ' to '
                ~ greatest ~ '.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(given[name]) }}
{%- endmacro %}
