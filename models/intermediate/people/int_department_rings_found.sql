{#- A ring may have so many departments. -#}
{% set levels = 16 %}

with departments as (
    select * from {{ ref('int_departments_conformed') }}
),

level_1 as (
    select
        departments.department_id,
        departments.parent_department_id as next_department_id,
        departments.department_id as first_department_id
    from departments
    where departments.parent_department_id is not null
),

-- Who has come back to itself stays there; who meets a root or nobody is in no ring.
{% for level in range(2, levels + 1) -%}
level_{{ level }} as (
    select
        lower_level.department_id,
        case
            when lower_level.next_department_id = lower_level.department_id
                then lower_level.next_department_id
            else departments.parent_department_id
        end as next_department_id,
        least(lower_level.first_department_id, lower_level.next_department_id)
            as first_department_id
    from level_{{ level - 1 }} as lower_level
    inner join departments
        on lower_level.next_department_id = departments.department_id
    where departments.parent_department_id is not null
),

{% endfor -%}
found as (
    select
        level_{{ levels }}.department_id,
        level_{{ levels }}.first_department_id
    from level_{{ levels }}
    where level_{{ levels }}.next_department_id = level_{{ levels }}.department_id
)

select * from found
