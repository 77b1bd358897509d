with employees as (
    select * from {{ ref('int_employees_conformed') }}
),

{% for hr_source in var('hr_sources') -%}
{{ hr_source }}_employments as (
    select * from {{ ref('int_' ~ hr_source ~ '_employments_derived') }}
),

{% endfor -%}
unioned as (
    {% for hr_source in var('hr_sources') -%}
    select * from {{ hr_source }}_employments
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

conformed as (
    select
        unioned.employment_id,
        employees.employee_key,
        unioned.exit_kind,
        row_number() over (
            partition by employees.employee_key
            order by unioned.started_on nulls last, unioned.employment_id nulls last
        ) as employment_number,
        unioned.started_on,
        unioned.ended_on
    from unioned
    inner join employees
        on unioned.person_id = employees.person_id
)

select * from conformed
