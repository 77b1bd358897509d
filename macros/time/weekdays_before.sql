{#-
How many days from Monday to Friday lie before a date, counted from a Monday long ago: the
difference of two of them is the number of weekdays between, the later date not counted.
-#}
{% macro weekdays_before(date) -%}
    {%- set days = dbt.datediff("cast('1900-01-01' as date)", date, 'day') -%}
    {%- set weeks = 'cast(floor(' ~ days ~ ' / 7) as bigint)' -%}
    (5 * {{ weeks }} + least({{ days }} - 7 * {{ weeks }}, 5))
{%- endmacro %}
