{#- The periods of an employment cover each of its days: their lengths add up to its own. -#}
{% test no_gap_in_employment(model) %}
    with periods as (
        select
            employee_key,
            employment_number,
            min(effective_from) as first_day,
            max(effective_to) as last_day,
            sum({{ dbt.datediff('effective_from', 'effective_to', 'day') }})
                as covered_days
        from {{ model }}
        group by employee_key, employment_number
    ),

    employments as (
        select * from {{ ref('int_employments_conformed') }}
    )

    select employments.*
    from employments
    left join periods
        on
            employments.employee_key = periods.employee_key
            and employments.employment_number = periods.employment_number
    where
        periods.covered_days is null
        or periods.first_day <> employments.started_on
        or periods.last_day <> employments.ended_on
        or periods.covered_days <> {{ dbt.datediff(
            'employments.started_on', 'employments.ended_on', 'day'
        ) }}
{% endtest %}
