-- The key of a record can be a person's number.

{#- Each contributes the rows of its rules, as `int_<area>_set_aside`, of a source. -#}
{% set areas = {
    'people': 'people_set_aside.source',
    'pay': 'pay_set_aside.source',
    'working_time': "'attendance' as source",
} %}

with {% for area in areas -%}
{{ area }}_set_aside as (
    select * from {{ ref('int_' ~ area ~ '_set_aside') }}
),

{% endfor -%}
rules as (
    select * from {{ ref('set_aside_rules') }}
),

unioned as (
    {% for area, source in areas.items() -%}
    select
        {{ area }}_set_aside.rule,
        {{ source }},
        {{ area }}_set_aside.resource,
        {{ area }}_set_aside.record_key,
        {{ area }}_set_aside.employee_key,
        {{ area }}_set_aside.since_on
    from {{ area }}_set_aside
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

explained as (
    select
        cast(coalesce(unioned.record_key, 'none') as string) as record_key,
        cast(unioned.employee_key as string) as employee_key,
        cast(unioned.rule as string) as rule,
        cast(unioned.source as string) as source,
        cast(unioned.resource as string) as resource,
        cast(rules.kind as string) as kind,
        cast(rules.consequence as string) as consequence,
        cast(rules.figures as string) as figures,
        cast(rules.remedy as string) as remedy,
        cast(unioned.since_on as date) as since_on
    from unioned
    left join rules
        on unioned.rule = rules.rule
)

select * from explained
