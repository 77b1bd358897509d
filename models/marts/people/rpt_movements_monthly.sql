{% set measures = [
    'hires', 'rehires', 'transfers_in', 'transfers_out',
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

leavers_known as (
    select * from {{ ref('int_leavers_known') }}
),

cells as (
    select
        headcount.department,
        headcount.region,
        headcount.designation,
        headcount.company,
        count(*) as people,
        min(headcount.unknown_since_on) as unknown_since_on,
        headcount.month_start_on
    from headcount
    group by
        headcount.department,
        headcount.region,
        headcount.designation,
        headcount.company,
        headcount.month_start_on
),

-- Cells with people, none of them of a company of which leavers are known.
cells_without_leavers as (
    select
        cells.department,
        cells.region,
        cells.designation,
        cells.month_start_on
    from cells
    inner join leavers_known
        on coalesce(cells.company, '') = coalesce(leavers_known.company_id, '')
    group by
        cells.department,
        cells.region,
        cells.designation,
        cells.month_start_on
    having max(case when leavers_known.is_known then 1 else 0 end) = 0
),

closings as (
    select
        cells.department,
        cells.region,
        cells.designation,
        'closing_headcount' as measure,
        cells.people,
        cells.unknown_since_on,
        cells.month_start_on
    from cells
),

openings as (
    select
        cells.department,
        cells.region,
        cells.designation,
        'opening_headcount' as measure,
        cells.people,
        cells.unknown_since_on,
        cast({{ dbt.dateadd('month', 1, 'cells.month_start_on') }} as date)
            as month_start_on
    from cells
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
        1 as people,
        movements.unknown_since_on,
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
        1 as people,
        movements.unknown_since_on,
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
        {% for measure in ['opening_headcount'] + measures -%}
        sum(case when unioned.measure = '{{ measure }}' then unioned.people else 0 end)
            as {{ measure }},
        {% endfor -%}
        count(
            case
                when unioned.measure = 'opening_headcount'
                    then unioned.unknown_since_on
            end
        ) as unknown_at_opening,
        min(
            case
                when unioned.measure <> 'opening_headcount'
                    then unioned.unknown_since_on
            end
        ) as unknown_since_on,
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
),

-- What closed the last month that is known of a cell opens the next.
reported as (
    select
        aggregated.department,
        aggregated.region,
        aggregated.designation,
        cast(
            case
                when aggregated.unknown_since_on is not null
                    then {{ unknown_reason('aggregated.unknown_since_on') }}
                when cells_without_leavers.month_start_on is not null
                    then 'no_leavers_known'
            end as string
        ) as null_reason,
        cast(
            case
                when aggregated.unknown_at_opening = 0 then aggregated.opening_headcount
            end as bigint
        ) as opening_headcount,
        {% for measure in measures -%}
        cast(
            case
                when
                    aggregated.unknown_since_on is null
                    {%- if measure.startswith('exits') %}
                    and cells_without_leavers.month_start_on is null
                    {%- endif %}
                    then aggregated.{{ measure }}
            end as bigint
        ) as {{ measure }},
        {% endfor -%}
        aggregated.month_start_on
    from aggregated
    left join cells_without_leavers
        on
            aggregated.department = cells_without_leavers.department
            and aggregated.region = cells_without_leavers.region
            and aggregated.designation = cells_without_leavers.designation
            and aggregated.month_start_on = cells_without_leavers.month_start_on
)

select * from reported
