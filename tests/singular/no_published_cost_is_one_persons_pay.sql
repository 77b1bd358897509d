{{ config(meta={'requirement': 'BR-13.5'}) }}

-- No amount that is published is what one person was paid in a year, or cost.
with published as (
    select * from {{ ref('rpt_published_cost') }}
),

lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
),

paid as (
    select
        lines.employee_key,
        sum(case when lines.line_type <> 'employer_cost' then lines.amount else 0 end)
            as gross_pay,
        sum(lines.amount) as cost
    from lines
    where lines.line_type <> 'deduction'
    group by
        lines.employee_key,
        cast({{ dbt.date_trunc('year', 'lines.period_starts_on') }} as date)
)

select
    published.year_start_on,
    published.department_group,
    published.department,
    published.region,
    published.cost
from published
inner join paid
    on
        published.gross_pay = paid.gross_pay
        or published.cost = paid.cost
where paid.cost > 0
