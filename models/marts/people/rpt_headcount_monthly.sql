{% set measures = {
    'headcount': 'bigint', 'headcount_assumed': 'bigint', 'fte': 'decimal(18, 4)',
} %}

with headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

set_aside as (
    select * from {{ ref('int_people_set_aside') }}
),

rules as (
    select * from {{ ref('set_aside_rules') }}
),

-- Whose record says something else than what they are counted by.
assumed as (
    select distinct set_aside.employee_key
    from set_aside
    inner join rules
        on set_aside.rule = rules.rule
    where
        rules.is_headcount_assumed
        and set_aside.employee_key is not null
),

aggregated as (
    select
        headcount.department,
        headcount.region,
        headcount.designation,
        min(headcount.unknown_since_on) as unknown_since_on,
        count(*) as headcount,
        count(assumed.employee_key) as headcount_assumed,
        sum(headcount.fte) as fte,
        headcount.month_start_on
    from headcount
    left join assumed
        on headcount.employee_key = assumed.employee_key
    where not headcount.is_opening_balance
    group by
        headcount.month_start_on,
        headcount.department,
        headcount.region,
        headcount.designation
),

reported as (
    select
        aggregated.department,
        aggregated.region,
        aggregated.designation,
        {{ known_measures('aggregated', measures) }},
        aggregated.month_start_on
    from aggregated
)

select * from reported
