{#-
A number lies on a step: nothing finer is told.

- steps: for each column the step, as a number or as the column that holds it.
-#}
{% test in_steps(model, steps) %}
    select *
    from {{ model }}
    where
        {% for column, step in steps.items() -%}
        abs(
            {{ column }} - {{ step }} * round(cast({{ column }} as double) / {{ step }})
        ) > 0.000001
        {% if not loop.last %}or {% endif %}
        {%- endfor %}
{% endtest %}
