{{ config(meta={'requirement': 'BR-09.1'}) }}

-- Amounts of two currencies would be added up.
with lines as (
    select * from {{ ref('int_payslip_lines_attributed') }}
)

select
    lines.company_id,
    extract(year from lines.period_ends_on) as calendar_year
from lines
group by lines.company_id, extract(year from lines.period_ends_on)
having count(distinct lines.currency) > 1
