with {% for hr_source in var('hr_sources') -%}
{{ hr_source }}_leaves_conformed as (
    select * from {{ ref('int_' ~ hr_source ~ '_leaves_conformed') }}
),

{% endfor -%}
unioned as (
    {% for hr_source in var('hr_sources') -%}
    select * from {{ hr_source }}_leaves_conformed
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from unioned
