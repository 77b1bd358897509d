{{ config(meta={'requirement': 'BR-02.2'}) }}

-- The headcount report and the movements report close every cell alike.
with headcount as (
    select * from {{ ref('rpt_headcount_monthly') }}
),

movements as (
    select * from {{ ref('rpt_movements_monthly') }}
    where closing_headcount > 0
)

select
    headcount.month_start_on,
    headcount.department,
    headcount.region,
    headcount.designation,
    headcount.headcount,
    movements.closing_headcount
from headcount
full outer join movements
    on
        headcount.month_start_on = movements.month_start_on
        and headcount.department = movements.department
        and headcount.region = movements.region
        and headcount.designation = movements.designation
where coalesce(headcount.headcount, -1) <> coalesce(movements.closing_headcount, -1)
