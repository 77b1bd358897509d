{#- Resources whose records are few enough to be counted in each build. -#}
{% set resources = [
    'employees', 'departments', 'employee_promotions', 'employee_transfers',
    'employee_separations', 'leave_applications',
] %}

with {% for resource in resources -%}
{{ resource }} as (
    select count(*) as records from {{ ref('stg_frappe_hr__' ~ resource) }}
    where known_to = {{ never() }}
),

{% endfor -%}
counted as (
    {% for resource in resources -%}
    select
        '{{ resource }}' as resource,
        {{ resource }}.records
    from {{ resource }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from counted
