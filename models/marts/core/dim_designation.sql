with designations as (
    select * from {{ ref('int_designations_conformed') }}
),

unioned as (
    select
        {{ surrogate_key(['designations.designation_id']) }} as designation_key,
        designations.designation_id,
        coalesce(designations.designation_name, designations.designation_id)
            as designation
    from designations
    union all
    select
        {{ surrogate_key(['cast(null as string)']) }} as designation_key,
        cast(null as string) as designation_id,
        cast('Unassigned' as string) as designation
)

select * from unioned
