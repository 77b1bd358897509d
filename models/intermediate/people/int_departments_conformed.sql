with conformed as (
    {{ united('departments_conformed') }}
)

select * from conformed
