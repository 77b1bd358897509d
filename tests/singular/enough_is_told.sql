{{ config(severity='warn', meta={'requirement': 'BR-13.6'}) }}

-- Of a large company 95 % of each published table is told, of a mid-sized one 85 %.
with summary as (
    select * from {{ ref('rpt_disclosure_summary') }}
),

cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

company as (
    select avg(cells.people) as people
    from cells
    where
        cells.measure = 'headcount'
        and cells.department_group = 'All'
        and cells.region = 'All'
)

select
    summary.published_table,
    summary.told_pct,
    company.people
from summary
cross join company
where
    (company.people >= 1200 and summary.told_pct < 95)
    or (company.people >= 400 and summary.told_pct < 85)
