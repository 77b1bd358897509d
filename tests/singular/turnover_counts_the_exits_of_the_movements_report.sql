{{ config(meta={'requirement': 'BR-03.2'}) }}

-- Over twelve months the exits of the whole company are those of the movements report.
with turnover as (
    select * from {{ ref('rpt_turnover_monthly') }}
    where department = 'All' and region = 'All' and designation = 'All'
),

movements as (
    select * from {{ ref('rpt_movements_monthly') }}
),

moved as (
    select
        turnover.month_start_on,
        sum(
            movements.exits_voluntary
            + movements.exits_involuntary
            + movements.exits_other
        ) as exits
    from turnover
    inner join movements
        on
            turnover.month_start_on >= movements.month_start_on
            and movements.month_start_on > cast(
                {{ dbt.dateadd('month', -12, 'turnover.month_start_on') }} as date
            )
    group by turnover.month_start_on
)

select
    turnover.month_start_on,
    turnover.exits,
    moved.exits as exits_moved
from turnover
left join moved
    on turnover.month_start_on = moved.month_start_on
where turnover.exits <> coalesce(moved.exits, -1)
