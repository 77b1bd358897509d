{{ config(meta={'requirement': 'BR-06.3'}) }}

-- In every cell the people with a tenure are those of the headcount report.
with tenure as (
    select * from {{ ref('rpt_tenure') }}
    where department <> 'All' and region <> 'All' and designation <> 'All'
),

headcount as (
    select * from {{ ref('rpt_headcount_monthly') }}
)

select
    headcount.month_start_on,
    headcount.department,
    headcount.region,
    headcount.designation,
    headcount.headcount,
    tenure.headcount as headcount_with_tenure
from headcount
full outer join tenure
    on
        headcount.month_start_on = tenure.month_start_on
        and headcount.department = tenure.department
        and headcount.region = tenure.region
        and headcount.designation = tenure.designation
where coalesce(headcount.headcount, -1) <> coalesce(tenure.headcount, -1)
