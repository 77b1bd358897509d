{#- Of one key no two versions are known at once. -#}
{% test one_version_at_a_time(model, column_name) %}
    with following as (
        select
            {{ column_name }},
            known_to,
            lead(known_from) over (
                partition by {{ column_name }} order by known_from nulls last
            ) as next_known_from
        from {{ model }}
    )

    select *
    from following
    where next_known_from < known_to
{% endtest %}
