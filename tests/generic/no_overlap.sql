{#- No two half-open periods of one key share a day. -#}
{% test no_overlap(model, key, valid_from, valid_to) %}
    with following as (
        select
            {{ key }},
            {{ valid_from }},
            {{ valid_to }} as period_to,
            lead({{ valid_from }}) over (
                partition by {{ key }} order by {{ valid_from }} nulls last
            ) as next_from
        from {{ model }}
    )

    select *
    from following
    where next_from < period_to
{% endtest %}
