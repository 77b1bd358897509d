{#-
Pay per hour as a double, of decimals with two digits. Whole cents by whole hundredths of
an hour: equal rates are equal doubles, so that a tie is seen as one.
-#}
{% macro per_hour(amount, hours) -%}
    cast(round({{ amount }} * 100) as double)
    / nullif(cast(round({{ hours }} * 100) as double), 0)
{%- endmacro %}
