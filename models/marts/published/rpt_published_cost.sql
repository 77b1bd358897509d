{{ config(alias='cost') }}

with cells as (
    select * from {{ ref('fct_cost_cells') }}
),

shown as (
    select
        cells.department_group,
        cells.department,
        cells.region,
        {{ withheld_reason('cells.is_withheld') }} as withheld_reason,
        case when not cells.is_withheld then cells.gross_pay end as gross_pay,
        case when not cells.is_withheld then cells.employer_cost end as employer_cost,
        case when not cells.is_withheld then cells.fte_months end as fte_months,
        cells.year_start_on
    from cells
    where cells.is_published
),

reported as (
    select
        shown.department_group,
        shown.department,
        shown.region,
        '{{ reporting_currency() }}' as currency,
        shown.withheld_reason,
        shown.gross_pay,
        shown.employer_cost,
        cast(shown.gross_pay + shown.employer_cost as decimal(18, 2)) as cost,
        cast(shown.fte_months as decimal(18, 4)) as fte_months,
        12 * cast(shown.gross_pay + shown.employer_cost as double)
        / nullif(cast(shown.fte_months as double), 0) as cost_per_fte,
        shown.year_start_on
    from shown
)

select * from reported
