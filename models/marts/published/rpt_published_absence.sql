{{ config(alias='absence') }}

with cells as (
    select * from {{ ref('fct_absence_cells') }}
),

shown as (
    select
        cells.department_group,
        cells.department,
        cells.region,
        {{ withheld_reason('cells.is_withheld') }} as withheld_reason,
        case when not cells.is_withheld then cells.scheduled_days end as scheduled_days,
        case when not cells.is_withheld then cells.lost_days end as lost_days,
        cells.quarter_start_on
    from cells
    where cells.is_published and (cells.people > 0 or cells.is_withheld)
),

reported as (
    select
        shown.department_group,
        shown.department,
        shown.region,
        shown.withheld_reason,
        shown.scheduled_days,
        shown.lost_days,
        100 * cast(shown.lost_days as double)
        / nullif(cast(shown.scheduled_days as double), 0) as absence_pct,
        shown.quarter_start_on
    from shown
)

select * from reported
