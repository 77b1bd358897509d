with known as (
    {{ united('leaves_conformed') }}
)

select * from known
