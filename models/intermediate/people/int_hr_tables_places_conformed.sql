with assignments as (
    select * from {{ ref('stg_hr_tables__assignments') }}
    where known_to = {{ never() }}
),

places as (
    select * from {{ ref('stg_hr_tables__places') }}
    where known_to = {{ never() }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

areas as (
    select * from {{ ref('un_m49') }}
),

used as (
    select distinct
        assignments.source_name,
        assignments.company_id,
        assignments.branch_id
    from assignments
    union distinct
    select distinct
        assignments.source_name,
        assignments.company_id,
        cast(null as string) as branch_id
    from assignments
    union distinct
    select
        sources.source_name,
        sources.company_id,
        cast(null as string) as branch_id
    from sources
    union distinct
    select
        places.source_name,
        places.company_id,
        places.branch_id
    from places
),

countries as (
    select
        places.source_name,
        places.branch_id,
        max(places.country) as country
    from places
    group by places.source_name, places.branch_id
),

located as (
    select distinct
        sources.source_rank,
        used.source_name,
        coalesce(used.company_id, sources.company_id) as company_id,
        used.branch_id,
        coalesce(countries.country, sources.country_code) as country
    from used
    inner join sources
        on used.source_name = sources.source_name
    left join countries
        on
            used.source_name = countries.source_name
            and used.branch_id = countries.branch_id
),

conformed as (
    select
        located.source_rank,
        located.source_name,
        located.company_id,
        located.branch_id,
        coalesce(areas.country_name, located.country) as country_name
    from located
    left join areas
        on upper(located.country) = areas.country_code
    where located.company_id is not null
)

select * from conformed
