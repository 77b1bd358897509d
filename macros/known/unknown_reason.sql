{#- Why a figure is null of people whose HR system is heard of no more, of the day. -#}
{% macro unknown_reason(unknown_since_on) -%}
    cast('not_known_beyond_' || cast({{ unknown_since_on }} as string) as string)
{%- endmacro %}
