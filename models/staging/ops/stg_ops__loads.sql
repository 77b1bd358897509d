{% set datasets = var('hr_sources') + ['payroll', 'attendance', 'ats', 'fx'] %}

with {% for dataset in datasets -%}
{{ dataset }}_loads as (
    select
        loads.load_id,
        cast('{{ dataset }}' as string) as source_name,
        cast(loads.inserted_at as timestamp) as completed_at
    from {{ source(dataset, '_dlt_loads') }} as loads
    where loads.load_id in ({{ completed_loads(dataset) }})
),

{% endfor -%}
unioned as (
    {% for dataset in datasets -%}
    select
        {{ dataset }}_loads.load_id,
        {{ dataset }}_loads.source_name,
        {{ dataset }}_loads.completed_at
    from {{ dataset }}_loads
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from unioned
