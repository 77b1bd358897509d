{{ config(alias='turnover') }}

with cells as (
    select * from {{ ref('fct_workforce_cells') }}
),

exits as (
    select
        cells.department_group,
        cells.region,
        max(case when cells.measure = 'exits' then cells.people end) as exits,
        max(case when cells.measure = 'exits_voluntary' then cells.people end)
            as exits_voluntary,
        max(
            case when cells.measure = 'exits' and cells.is_withheld then 1 else 0 end
        ) as exits_withheld,
        max(
            case
                when cells.measure = 'exits_voluntary' and cells.is_withheld then 1
                else 0
            end
        ) as exits_voluntary_withheld,
        cells.period_start_on as year_start_on
    from cells
    where cells.measure in ('exits', 'exits_voluntary') and cells.is_published
    group by cells.department_group, cells.region, cells.period_start_on
),

-- The mean tells of every month: it is withheld where one of them is.
headcounts as (
    select
        cells.department_group,
        cells.region,
        cast(sum(cells.people) as double) / 12 as headcount_mean,
        max(case when cells.is_withheld then 1 else 0 end) as headcount_withheld,
        cast({{ dbt.date_trunc('year', 'cells.period_start_on') }} as date)
            as year_start_on
    from cells
    where cells.measure = 'headcount'
    group by
        cells.department_group,
        cells.region,
        cast({{ dbt.date_trunc('year', 'cells.period_start_on') }} as date)
),

joined as (
    select
        exits.department_group,
        exits.region,
        case when exits.exits_withheld = 0 then exits.exits end as exits,
        case when exits.exits_voluntary_withheld = 0 then exits.exits_voluntary end
            as exits_voluntary,
        case when headcounts.headcount_withheld = 0 then headcounts.headcount_mean end
            as headcount_mean,
        exits.exits_withheld
        + exits.exits_voluntary_withheld
        + headcounts.headcount_withheld as withheld,
        exits.year_start_on
    from exits
    inner join headcounts
        on
            exits.department_group = headcounts.department_group
            and exits.region = headcounts.region
            and exits.year_start_on = headcounts.year_start_on
    -- A row that is not there tells that there is nobody.
    where
        headcounts.headcount_mean > 0
        or exits.exits > 0
        or exits.exits_withheld > 0
        or exits.exits_voluntary_withheld > 0
        or headcounts.headcount_withheld > 0
),

reported as (
    select
        joined.department_group,
        joined.region,
        {{ withheld_reason('joined.withheld > 0') }} as withheld_reason,
        joined.exits,
        joined.exits_voluntary,
        cast(joined.headcount_mean as double) as headcount_mean,
        100 * cast(joined.exits as double) / nullif(joined.headcount_mean, 0)
            as turnover_pct,
        100 * cast(joined.exits_voluntary as double) / nullif(joined.headcount_mean, 0)
            as voluntary_turnover_pct,
        joined.year_start_on
    from joined
)

select * from reported
