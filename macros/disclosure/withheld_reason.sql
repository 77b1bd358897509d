{#-
Why a published figure is null. One reason for all: to say which figure rests on few
people, and which protects another, would tell that the first is below the minimum.
-#}
{% macro withheld_reason(is_withheld) -%}
    case
        when {{ is_withheld }}
            then
                'fewer than {{ disclosure_minimum() }} people, '
                || 'or protects such a figure'
    end
{%- endmacro %}
