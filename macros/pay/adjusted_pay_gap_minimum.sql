{#- The var `adjusted_pay_gap_minimum`, checked. -#}
{% macro adjusted_pay_gap_minimum() -%}
    {%- set given = var('adjusted_pay_gap_minimum', none) -%}
    {%- if given is boolean or given is not integer or given < 1 -%}
        {{ exceptions.raise_compiler_error(
            "The var adjusted_pay_gap_minimum is '" ~ given
            ~ "': give a whole number of people, 1 or more."
        ) }}
    {%- endif -%}
    {{ return(given) }}
{%- endmacro %}
