{#-
For macros that do the same for one state of knowledge or for many side by side: `at`
names a column of their inputs that tells the states apart; none where there is but one.
-#}

{#- The column, first in a list of columns. -#}
{% macro at_column(at, relation) -%}
    {%- if at is not none %}{{ relation }}.{{ at }},{% endif -%}
{%- endmacro %}


{#- That two relations are of the same state, first of a join's conditions. -#}
{% macro at_same(at, left, right) -%}
    {%- if at is not none %}{{ left }}.{{ at }} = {{ right }}.{{ at }} and{% endif -%}
{%- endmacro %}
