{#- The columns together identify a row. -#}
{% test unique_combination(model, columns) %}
    select
        {{ columns | join(',\n        ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
