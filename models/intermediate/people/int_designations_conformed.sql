with conformed as (
    {{ united('designations_conformed') }}
)

select * from conformed
