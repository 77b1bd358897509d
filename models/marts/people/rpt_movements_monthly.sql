{% set measures = [
    'opening_headcount', 'hires', 'rehires', 'transfers_in', 'transfers_out',
    'exits_voluntary', 'exits_involuntary', 'exits_other', 'closing_headcount',
] %}

with headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

movements as (
    select * from {{ ref('fct_employee_movements') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

closings as (
    select
        headcount.department,
        headcount.region,
        headcount.designation,
        'closing_headcount' as measure,
        headcount.month_start_on
    from headcount
),

openings as (
    select
        headcount.department,
        headcount.region,
        headcount.designation,
        'opening_headcount' as measure,
        cast({{ dbt.dateadd('month', 1, 'headcount.month_start_on') }} as date)
            as month_start_on
    from headcount
),

arrivals as (
    select
        movements.to_department as department,
        movements.to_region as region,
        movements.to_designation as designation,
        case movements.movement_type
            when 'hire' then 'hires'
            when 'rehire' then 'rehires'
            when 'transfer' then 'transfers_in'
        end as measure,
        movements.month_start_on
    from movements
    where movements.movement_type <> 'exit'
),

departures as (
    select
        movements.from_department as department,
        movements.from_region as region,
        movements.from_designation as designation,
        case movements.movement_type
            when 'exit' then 'exits_' || movements.exit_kind
            when 'transfer' then 'transfers_out'
        end as measure,
        movements.month_start_on
    from movements
    where movements.movement_type in ('exit', 'transfer')
),

unioned as (
    select * from openings
    union all
    select * from arrivals
    union all
    select * from departures
    union all
    select * from closings
),

aggregated as (
    select
        unioned.department,
        unioned.region,
        unioned.designation,
        {% for measure in measures -%}
        cast(
            sum(case when unioned.measure = '{{ measure }}' then 1 else 0 end) as bigint
        ) as {{ measure }},
        {% endfor -%}
        unioned.month_start_on
    from unioned
    inner join reporting_period
        on
            unioned.month_start_on >= reporting_period.first_month_on
            and unioned.month_start_on <= reporting_period.last_month_on
    group by
        unioned.month_start_on,
        unioned.department,
        unioned.region,
        unioned.designation
)

select * from aggregated
