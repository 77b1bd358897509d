with {% for hr_source in var('hr_sources') -%}
{{ hr_source }}_labels_known as (
    select * from {{ ref('int_' ~ hr_source ~ '_labels_known') }}
),

{% endfor -%}
unioned as (
    {% for hr_source in var('hr_sources') -%}
    select * from {{ hr_source }}_labels_known
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from unioned
