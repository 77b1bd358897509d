with instants as (
    select * from {{ ref('int_known_instants_resolved') }}
),

link_values as (
    select * from {{ ref('int_frappe_hr_labels_known') }}
),

names as (
    select * from {{ ref('int_frappe_hr_names_succeeded') }}
),

-- A value's name, and the names that it had, folded as the HR system compares them.
folded as (
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
),

-- A spelling that two values share says nothing about which is meant.
spelled as (
    select
        folded.field_name,
        folded.spelling,
        case when count(*) = 1 then min(folded.link_value) end as link_value,
        count(*) as times,
        instants.is_now,
        instants.known_at
    from instants
    inner join folded
        on
            instants.known_at >= folded.known_from
            and instants.known_at < folded.known_to
    group by
        folded.field_name, folded.spelling, instants.is_now, instants.known_at
)

select * from spelled
