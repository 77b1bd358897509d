with links as (
    select * from {{ ref('int_people_linked') }}
),

{% for hr_source in var('hr_sources') -%}
{{ hr_source }}_assignments_walked_back as (
    select * from {{ ref('int_' ~ hr_source ~ '_assignments_walked_back') }}
),

{% endfor -%}
unioned as (
    {% for hr_source in var('hr_sources') -%}
    select * from {{ hr_source }}_assignments_walked_back
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- One person is one, whichever system says it.
known as (
    select
        unioned.record_id,
        unioned.employment_id,
        coalesce(links.same_person_id, unioned.person_id) as person_id,
        coalesce(manager_links.same_person_id, unioned.manager_person_id)
            as manager_person_id,
        unioned.company_id,
        unioned.department_id,
        unioned.branch_id,
        unioned.designation_id,
        unioned.grade_id,
        unioned.employment_type_id,
        unioned.is_now,
        unioned.effective_from,
        unioned.effective_to,
        unioned.known_at
    from unioned
    left join links
        on unioned.person_id = links.person_id
    left join links as manager_links
        on unioned.manager_person_id = manager_links.person_id
)

select * from known
