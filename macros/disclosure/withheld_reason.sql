{#- The one reason for which published figures are withheld. -#}
{% macro few_people() -%}
    'fewer than {{ minimum_people('published_figure') }} people, or nearly all of one'
{%- endmacro %}


{#-
Why figures of a row are null, if any is.

- relation: the rows, with `department_group` and `region`.
- figures: columns that are told of every group.
- of_the_company: columns that are told of the whole company alone.
-#}
{% macro withheld_reason(relation, figures, of_the_company=[]) -%}
    case
        when
            {% for figure in figures -%}
            {{ relation }}.{{ figure }} is null
            {%- if not loop.last %} or {% endif %}
            {%- endfor %}
            then {{ few_people() }}
        {%- for figure in of_the_company %}
        when
            {{ relation }}.{{ figure }} is null
            and {{ relation }}.department_group = 'All'
            and {{ relation }}.region = 'All'
            then {{ few_people() }}
        {%- endfor %}
    end
{%- endmacro %}
