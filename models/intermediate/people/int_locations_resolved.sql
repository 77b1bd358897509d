with united as (
    {{ united('places_conformed') }}
),

branch_countries as (
    select * from {{ ref('branches') }}
),

country_names as (
    select * from {{ ref('country_names') }}
),

areas as (
    select * from {{ ref('un_m49') }}
),

full_time_hours as (
    select * from {{ ref('full_time_hours') }}
),

ranked as (
    select
        united.*,
        row_number() over (
            partition by united.company_id, united.branch_id
            order by
                case when united.country_name is null then 1 else 0 end asc nulls last,
                united.source_rank asc nulls last,
                united.country_name asc nulls last
        ) as place_rank
    from united
),

-- A company that several systems name is one, and so is a branch of it: it is where the
-- first of them says.
places as (
    select
        ranked.company_id,
        ranked.branch_id,
        ranked.country_name as company_country_name
    from ranked
    where ranked.place_rank = 1
),

located as (
    select
        places.company_id,
        places.branch_id,
        coalesce(branch_countries.country_code, country_names.country_code)
            as country_code,
        branch_countries.time_zone
    from places
    left join branch_countries
        on places.branch_id = branch_countries.branch
    left join country_names
        on places.company_country_name = country_names.country_name
),

resolved as (
    select
        {{ surrogate_key(['located.branch_id', 'located.country_code']) }}
            as location_key,
        located.company_id,
        located.branch_id,
        located.country_code,
        areas.country_name as country,
        coalesce(areas.sub_region_name, 'Unknown') as region,
        areas.region_name as continent,
        located.time_zone,
        full_time_hours.weekly_hours as full_time_weekly_hours
    from located
    left join areas
        on located.country_code = areas.country_code
    left join full_time_hours
        on located.country_code = full_time_hours.country_code
)

select * from resolved
