with links as (
    select * from {{ ref('int_people_linked') }}
),

{% for hr_source in var('hr_sources') -%}
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
        links.employee_key,
        unioned.person_id,
        unioned.employee_number,
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
    inner join links
        on unioned.person_id = links.person_id
    where links.person_id = links.same_person_id
)

select * from conformed
