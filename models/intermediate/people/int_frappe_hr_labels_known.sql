with link_values as (
    select * from {{ ref('stg_frappe_hr__link_value_versions') }}
),

known as (
    select
        link_values.field_name,
        link_values.link_value,
        link_values.link_label,
        link_values.known_from,
        link_values.known_to
    from link_values
)

select * from known
