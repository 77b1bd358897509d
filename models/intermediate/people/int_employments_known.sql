with links as (
    select * from {{ ref('int_people_linked') }}
),

{% for hr_source in var('hr_sources') -%}
{{ hr_source }}_employments_derived as (
    select * from {{ ref('int_' ~ hr_source ~ '_employments_derived') }}
),

{% endfor -%}
unioned as (
    {% for hr_source in var('hr_sources') -%}
    select * from {{ hr_source }}_employments_derived
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- One person is one, whichever system says it.
known as (
    select
        unioned.employment_id,
        coalesce(links.same_person_id, unioned.person_id) as person_id,
        unioned.employee_number,
        unioned.exit_kind,
        unioned.is_now,
        unioned.born_on,
        unioned.resigned_on,
        unioned.started_on,
        unioned.ended_on,
        unioned.known_at
    from unioned
    left join links
        on unioned.person_id = links.person_id
)

select * from known
