{#-
What is told of a measure in a row of cells: an aggregate over `cells`, null where it is not
told.
-#}
{% macro told(measure, figure='rounded_events') -%}
    max(
        case
            when cells.measure = '{{ measure }}' and cells.is_told
                then cells.{{ figure }}
        end
    )
{%- endmacro %}
