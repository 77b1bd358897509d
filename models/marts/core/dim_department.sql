{#- How deep the tree may be; deeper paths begin with the last of so many. -#}
{% set levels = 16 %}

with known_departments as (
    select * from {{ ref('int_departments_conformed') }}
),

rings as (
    select * from {{ ref('int_department_rings_found') }}
),

-- A ring is cut above its first department: nothing is above itself.
departments as (
    select
        known_departments.department_id,
        known_departments.department_name,
        known_departments.company_id,
        known_departments.is_group,
        known_departments.is_disabled,
        case
            when rings.first_department_id is null
                then known_departments.parent_department_id
        end as parent_department_id
    from known_departments
    left join rings
        on
            known_departments.department_id = rings.department_id
            and known_departments.department_id = rings.first_department_id
),

level_0 as (
    select
        departments.department_id,
        departments.parent_department_id as next_department_id,
        cast(0 as bigint) as depth,
        coalesce(departments.department_name, departments.department_id) as path
    from departments
),

{% for level in range(1, levels) -%}
level_{{ level }} as (
    select
        lower_level.department_id,
        departments.parent_department_id as next_department_id,
        lower_level.depth
        + case when departments.department_id is null then 0 else 1 end as depth,
        case
            when departments.department_id is null then lower_level.path
            else
                coalesce(departments.department_name, departments.department_id)
                || ' / ' || lower_level.path
        end as path
    from level_{{ level - 1 }} as lower_level
    left join departments
        on lower_level.next_department_id = departments.department_id
),

{% endfor -%}
described as (
    select
        {{ surrogate_key(['departments.department_id']) }} as department_key,
        departments.department_id,
        departments.parent_department_id,
        coalesce(departments.department_name, departments.department_id) as department,
        departments.company_id as company,
        tree.path as department_path,
        cast(tree.depth as bigint) as department_depth,
        departments.is_group,
        departments.is_disabled
    from departments
    inner join level_{{ levels - 1 }} as tree
        on departments.department_id = tree.department_id
),

unassigned as (
    select
        {{ surrogate_key(['cast(null as string)']) }} as department_key,
        cast(null as string) as department_id,
        cast(null as string) as parent_department_id,
        cast('Unassigned' as string) as department,
        cast(null as string) as company,
        cast('Unassigned' as string) as department_path,
        cast(0 as bigint) as department_depth,
        false as is_group,
        false as is_disabled
),

unioned as (
    select * from described
    union all
    select * from unassigned
)

select * from unioned
