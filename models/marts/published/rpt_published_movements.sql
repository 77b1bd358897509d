{{ config(alias='movements') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

turnover as (
    select * from {{ ref('rpt_turnover_monthly') }}
),

unknown_years as (
    {{ years_without_leavers() }}
),

flows as (
    select
        cells.department_group,
        cells.region,
        {{ told('joiners') }} as joiners,
        {{ told('exits') }} as exits,
        max(cells.count_step) as count_step,
        cells.period_start_on as year_start_on
    from cells
    where cells.measure in ('joiners', 'exits')
    group by cells.department_group, cells.region, cells.period_start_on
),

headcounts as (
    select
        cells.department_group,
        cells.region,
        case when cells.is_told then cells.rounded_events end as headcount,
        cells.period_start_on as month_start_on
    from cells
    where cells.measure = 'headcount'
),

joined as (
    select
        flows.department_group,
        flows.region,
        unknown_years.null_reason,
        flows.joiners,
        case when unknown_years.null_reason is null then flows.exits end as exits,
        case when unknown_years.null_reason is null then flows.exits else 0 end
            as exits_known,
        flows.count_step,
        flows.year_start_on,
        openings.headcount as opening_headcount,
        closings.headcount as closing_headcount
    from flows
    left join headcounts as openings
        on
            flows.department_group = openings.department_group
            and flows.region = openings.region
            and openings.month_start_on
            = cast({{ dbt.dateadd('month', -1, 'flows.year_start_on') }} as date)
    left join headcounts as closings
        on
            flows.department_group = closings.department_group
            and flows.region = closings.region
            and closings.month_start_on
            = cast({{ dbt.dateadd('month', 11, 'flows.year_start_on') }} as date)
    left join unknown_years
        on flows.year_start_on = unknown_years.year_start_on
),

reported as (
    select
        joined.department_group,
        joined.region,
        {{ withheld_reason('joined', [
            'opening_headcount', 'joiners', 'exits_known', 'closing_headcount',
        ]) }} as withheld_reason,
        joined.null_reason,
        joined.opening_headcount,
        joined.joiners,
        joined.exits,
        joined.closing_headcount,
        joined.count_step,
        joined.year_start_on
    from joined
)

select * from reported
