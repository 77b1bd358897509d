with {% for hr_source in var('hr_sources') -%}
{{ hr_source }}_employees as (
    select * from {{ ref('int_' ~ hr_source ~ '_employees_conformed') }}
),

{% endfor -%}
unioned as (
    {% for hr_source in var('hr_sources') -%}
    select * from {{ hr_source }}_employees
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

conformed as (
    select
        {{ pseudonym('unioned.person_id') }} as employee_key,
        unioned.person_id,
        unioned.employee_number,
        unioned.attendance_device_id,
        unioned.first_name,
        unioned.last_name,
        unioned.gender,
        case
            when lower(trim(unioned.gender)) in ('female', 'male')
                then lower(trim(unioned.gender))
            when
                coalesce(trim(unioned.gender), '') = ''
                or lower(trim(unioned.gender)) = 'prefer not to say'
                then 'undeclared'
            else 'other'
        end as sex,
        unioned.born_on
    from unioned
)

select * from conformed
