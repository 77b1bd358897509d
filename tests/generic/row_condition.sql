{#- The condition holds in every row; where it is unknown it does not hold. -#}
{% test row_condition(model, condition, column_name=none) %}
    select *
    from {{ model }}
    where not coalesce({{ condition }}, false)
{% endtest %}
