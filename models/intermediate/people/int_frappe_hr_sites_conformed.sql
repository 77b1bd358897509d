with settings as (
    select * from {{ ref('stg_frappe_hr__system_settings') }}
    where known_to = {{ never() }}
),

employees as (
    select * from {{ ref('stg_frappe_hr__employees') }}
    where known_to = {{ never() }}
),

site as (
    select max(settings.time_zone) as time_zone
    from settings
),

first_record as (
    select min(employees.created_on) as went_live_on
    from employees
),

conformed as (
    select
        site.time_zone,
        true as has_exits,
        first_record.went_live_on,
        cast(null as date) as handed_over_on
    from site
    cross join first_record
)

select * from conformed
