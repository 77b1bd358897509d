{#- A row of a table says something of one or more of these, of each once. -#}
{% set tables = [
    'employments', 'people', 'assignments', 'contracted_hours', 'absences', 'pay_lines',
    'pay_rates',
] %}

with {% for table in tables -%}
{{ table }} as (
    select
        source_rank,
        source_name,
        source_table,
        count(*) as records
    from {{ ref('stg_hr_tables__' ~ table) }}
    where known_to = {{ never() }}
    group by source_rank, source_name, source_table
),

{% endfor -%}
unioned as (
    {% for table in tables -%}
    select * from {{ table }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        unioned.source_rank,
        unioned.source_name,
        unioned.source_table as resource,
        max(unioned.records) as records
    from unioned
    group by unioned.source_rank, unioned.source_name, unioned.source_table
)

select * from counted
