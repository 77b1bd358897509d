with headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

aggregated as (
    select
        headcount.department,
        headcount.region,
        headcount.designation,
        cast(count(*) as bigint) as headcount,
        cast(sum(headcount.fte) as decimal(18, 4)) as fte,
        headcount.month_start_on
    from headcount
    where not headcount.is_opening_balance
    group by
        headcount.month_start_on,
        headcount.department,
        headcount.region,
        headcount.designation
)

select * from aggregated
