with link_values as (
    select * from {{ ref('stg_frappe_hr__link_value_versions') }}
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

spelled as (
    select
        link_values.field_name,
        lower(trim(link_values.link_value)) as spelling,
        link_values.link_value,
        link_values.known_from,
        link_values.known_to
    from link_values
    union distinct
    select
        link_values.field_name,
        lower(trim(names.former_value)) as spelling,
        link_values.link_value,
        link_values.known_from,
        link_values.known_to
    from names
    inner join link_values
        on
            names.field_name = link_values.field_name
            and names.link_value = link_values.link_value
)

select * from spelled
