with conformed as (
    {{ united('sites_conformed') }}
)

select * from conformed
