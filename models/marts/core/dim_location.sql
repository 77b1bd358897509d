with locations as (
    select * from {{ ref('int_locations_resolved') }}
),

described as (
    select distinct
        locations.location_key,
        locations.branch_id as branch,
        locations.country_code,
        locations.country,
        locations.region,
        locations.continent,
        locations.time_zone
    from locations
)

select * from described
