{#-
A dimension under `group by cube(...)`: its own label, or `All` in the rows that are a total
over it. The word is reserved: nothing may be called so.
-#}
{% macro total_label(column) -%}
    case
        when grouping({{ column }}) = 1 then 'All'
        else {{ column }}
    end
{%- endmacro %}
