{#- What an export calls departments and job titles; of companies, their country. -#}
with departments as (
    select * from {{ ref('int_hr_tables_departments_conformed') }}
),

designations as (
    select * from {{ ref('int_hr_tables_designations_conformed') }}
),

places as (
    select * from {{ ref('int_hr_tables_places_conformed') }}
),

table_exports as (
    select * from {{ ref('stg_hr_tables__table_exports') }}
),

first_exports as (
    select
        table_exports.source_name,
        min(table_exports.known_from) as known_from
    from table_exports
    group by table_exports.source_name
),

unioned as (
    select
        departments.source_rank,
        departments.source_name,
        cast('department' as string) as field_name,
        departments.department_id as link_value,
        departments.department_name as link_label
    from departments
    union all
    select
        designations.source_rank,
        designations.source_name,
        cast('designation' as string) as field_name,
        designations.designation_id as link_value,
        designations.designation_name as link_label
    from designations
    union all
    select
        places.source_rank,
        places.source_name,
        cast('branch' as string) as field_name,
        places.branch_id as link_value,
        max(places.branch_id) as link_label
    from places
    where places.branch_id is not null
    group by places.source_rank, places.source_name, places.branch_id
    union all
    select
        places.source_rank,
        places.source_name,
        cast('company' as string) as field_name,
        places.company_id as link_value,
        max(places.country_name) as link_label
    from places
    where places.branch_id is null
    group by places.source_rank, places.source_name, places.company_id
),

known as (
    select
        unioned.source_rank,
        unioned.source_name,
        unioned.field_name,
        unioned.link_value,
        unioned.link_label,
        first_exports.known_from,
        {{ never() }} as known_to
    from unioned
    inner join first_exports
        on unioned.source_name = first_exports.source_name
)

select * from known
