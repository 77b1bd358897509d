{#-
Where a total and all that it adds up are published, never is just one of them withheld: it
would be the others' difference.

- period: the columns within which figures add up, such as the month or the measure.
- dimensions: for each its columns from the coarsest level to the finest.
-#}
{% test no_withheld_figure_stands_alone(model, period, dimensions) %}
    with cells as (
        select * from {{ model }}
    ),

    {% set columns = dimensions | sum(start=[]) -%}
    {% set families = [] -%}
    {% for levels in dimensions -%}
    {% set number = loop.index -%}
    {% for depth in range(levels | length) -%}
    {% set name = 'family_' ~ number ~ '_' ~ (depth + 1) -%}
    {% set _ = families.append(name) -%}
    {#- The total at this depth and what is one level below it: all else is alike. -#}
    {% set own = levels[depth] -%}
    {{ name }} as (
        select
            '{{ own }}' as added_over,
            sum(case when is_withheld then 1 else 0 end) as withheld
        from cells
        where
            true
            {%- for below in levels[depth + 1:] %}
            and {{ below }} = 'All'
            {%- endfor %}
            {%- for above in levels[:depth] %}
            and {{ above }} <> 'All'
            {%- endfor %}
        group by
            {%- for column in period + (columns | reject('equalto', own) | list) %}
            {{ column }}{% if not loop.last %},{% endif %}
            {%- endfor %}
        having
            sum(case when is_withheld then 1 else 0 end) = 1
            and count(*) > 1
            and sum(case when is_published then 0 else 1 end) = 0
    ),

    {% endfor -%}
    {% endfor -%}
    unioned as (
        {% for family in families -%}
        select * from {{ family }}
        {% if not loop.last %}union all{% endif %}
        {% endfor %}
    )

    select * from unioned
{% endtest %}
