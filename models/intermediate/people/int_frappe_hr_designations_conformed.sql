with designations as (
    select * from {{ ref('stg_frappe_hr__designations') }}
    where known_to = {{ never() }}
),

conformed as (
    select
        designations.designation_id,
        designations.designation_name
    from designations
)

select * from conformed
