{{ config(meta={'requirement': 'BR-02.3'}) }}

-- Over all cells a month's moves cancel out: nobody is hired or lost by moving.
with movements as (
    select * from {{ ref('rpt_movements_monthly') }}
)

select
    movements.month_start_on,
    sum(movements.transfers_in) as transfers_in,
    sum(movements.transfers_out) as transfers_out
from movements
group by movements.month_start_on
having
    count(movements.transfers_in) = count(*)
    and sum(movements.transfers_in) <> sum(movements.transfers_out)
