{#-
The id of a department or job title of an export, that no other system has: unless a
mapping gives it as that of another system, such as `frappe_hr:Sales - N`. Of `source_name`
in the same select.
-#}
{% macro hr_tables_id(column, source_name='employments.source_name') -%}
    case
        {%- for system in var('hr_sources') if system != 'hr_tables' %}
        when substring({{ column }}, 1, {{ system | length + 1 }}) = '{{ system }}:'
            then substring({{ column }}, {{ system | length + 2 }})
        {%- endfor %}
        else {{ source_name }} || ':' || {{ column }}
    end
{%- endmacro %}
