{{ config(meta={'requirement': 'BR-13.4'}) }}

-- A year's published exits are those of the twelve months to its December.
with published as (
    select * from {{ ref('rpt_published_turnover') }}
    where
        department_group = 'All'
        and exits is not null
        and headcount_mean is not null
),

turnover as (
    select * from {{ ref('rpt_turnover_monthly') }}
    where department = 'All' and designation = 'All'
)

select
    published.year_start_on,
    published.region,
    published.exits,
    published.turnover_pct,
    turnover.exits as exact_exits,
    turnover.turnover_pct as exact_turnover_pct
from published
inner join turnover
    on
        published.region = turnover.region
        and turnover.month_start_on
        = cast({{ dbt.dateadd('month', 11, 'published.year_start_on') }} as date)
where
    published.exits <> turnover.exits
    or abs(published.turnover_pct - turnover.turnover_pct) > 0.000000001
