{#- A text without blanks around it, those that nobody sees among them. -#}
{% macro without_blanks(column) -%}
    trim(both '{{ ' \u00a0\u2007\u202f\u200b\u2060\ufeff' }}' from {{ column }})
{%- endmacro %}


{#- Free text without stray blanks; empty is null. -#}
{% macro clean_text(column) -%}
    nullif({{ without_blanks(column) }}, '')
{%- endmacro %}


{#-
What identifies somebody: a number, a badge. What people type where they have none (a
zero, a dash, a word) identifies nobody, and is null.
-#}
{% macro identifier(column) -%}
    case
        when
            trim(both ' 0-–—._?*#/' from {{ column }}) = ''
            or lower(trim(both ' .#' from {{ column }})) in (
                {%- for word in [
                    'n/a', 'n.a', 'na', 'none', 'null', 'nil', 'unknown', 'unbekannt',
                    'tbd', 'tba', 'x', 'xx', 'xxx', 'xxxx', '-1', 'k.a', 'keine', 'test', 'dummy', 'temp', 'missing',
                    'not available', 'not applicable', 'pending', 'false',
                ] -%}
                '{{ word }}'{% if not loop.last %}, {% endif %}
                {%- endfor -%}
            )
            then null
        else nullif({{ without_blanks(column) }}, '')
    end
{%- endmacro %}


{#- A number without the zeros that it begins with. -#}
{% macro without_leading_zeros(column) -%}
    trim(leading '0' from {{ column }})
{%- endmacro %}
