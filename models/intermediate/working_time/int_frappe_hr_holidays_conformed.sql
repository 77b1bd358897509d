with holiday_lists as (
    select * from {{ ref('stg_frappe_hr__holiday_lists') }}
    where known_to = {{ never() }}
),

holidays as (
    select * from {{ ref('stg_frappe_hr__holidays') }}
),

country_lists as (
    select * from {{ ref('holiday_lists') }}
),

-- Weekend days and holidays alike: a list that names neither has none.
conformed as (
    select distinct
        country_lists.country_code,
        holidays.holiday_on
    from country_lists
    inner join holiday_lists
        on
            lower(holiday_lists.holiday_list_id)
            = lower(trim(country_lists.list_name))
            || ' '
            || cast(extract(year from holiday_lists.starts_on) as string)
    inner join holidays
        on
            holiday_lists.holiday_list_id = holidays.holiday_list_id
            and holiday_lists.document_version = holidays.document_version
)

select * from conformed
