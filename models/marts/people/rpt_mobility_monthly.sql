{% set dimensions = ['department', 'region', 'designation'] %}
{% set measures = ['closing_headcount', 'transfers', 'promotions'] %}

with movements as (
    select * from {{ ref('rpt_movements_monthly') }}
),

internal_moves as (
    select * from {{ ref('int_internal_moves_derived') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

months as (
    select
        dates.month_start_on >= cast(
            {{ dbt.dateadd('month', 11, 'reporting_period.first_month_on') }} as date
        ) as has_full_year,
        dates.month_start_on,
        cast({{ dbt.dateadd('month', -11, 'dates.month_start_on') }} as date)
            as year_starts_on
    from dates
    inner join reporting_period
        on
            dates.month_start_on >= reporting_period.first_month_on
            and dates.month_start_on <= reporting_period.last_month_on
    where dates.day_of_month = 1
),

closings as (
    select
        movements.department,
        movements.region,
        movements.designation,
        movements.closing_headcount,
        0 as transfers,
        0 as promotions,
        movements.null_reason,
        movements.month_start_on
    from movements
    where movements.closing_headcount > 0 or movements.null_reason is not null
),

-- A move counts in the cell that it leads to.
moves as (
    select
        history.department,
        history.region,
        history.designation,
        0 as closing_headcount,
        case when internal_moves.move_kind = 'transfer' then 1 else 0 end as transfers,
        case when internal_moves.move_kind = 'promotion' then 1 else 0 end
            as promotions,
        cast(null as string) as null_reason,
        cast({{ dbt.date_trunc('month', 'internal_moves.moved_on') }} as date)
            as month_start_on
    from internal_moves
    inner join history
        on
            internal_moves.employee_key = history.employee_key
            and internal_moves.moved_on = history.effective_from
    inner join reporting_period
        on internal_moves.moved_on >= reporting_period.first_month_on
),

unioned as (
    select * from closings
    union all
    select * from moves
),

aggregated as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('unioned.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        {% for measure in measures -%}
        sum(unioned.{{ measure }}) as {{ measure }},
        {% endfor -%}
        max(case when unioned.null_reason = 'no_leavers_known' then 0 else 1 end)
            as leavers_known,
        min(
            case
                when unioned.null_reason <> 'no_leavers_known' then unioned.null_reason
            end
        ) as unknown_reason,
        months.month_start_on
    from months
    inner join unioned
        on
            months.year_starts_on <= unioned.month_start_on
            and months.month_start_on >= unioned.month_start_on
    group by
        months.month_start_on,
        cube (unioned.department, unioned.region, unioned.designation)
),

joined as (
    select
        aggregated.department,
        aggregated.region,
        aggregated.designation,
        case
            when aggregated.unknown_reason is not null then aggregated.unknown_reason
            when not months.has_full_year then 'under_12_months_of_history'
            when aggregated.closing_headcount = 0 then 'no_headcount'
            when aggregated.leavers_known = 0 then 'no_leavers_known'
        end as null_reason,
        case
            when months.has_full_year and aggregated.unknown_reason is null
                then cast(aggregated.closing_headcount as double) / 12
        end as headcount_mean,
        {% for kind in ['transfers', 'promotions'] -%}
        case
            when aggregated.leavers_known = 1 and aggregated.unknown_reason is null
                then aggregated.{{ kind }}
        end as {{ kind }},
        {% endfor -%}
        aggregated.month_start_on
    from aggregated
    inner join months
        on aggregated.month_start_on = months.month_start_on
),

rated as (
    select
        joined.department,
        joined.region,
        joined.designation,
        cast(joined.null_reason as string) as null_reason,
        joined.headcount_mean,
        cast(joined.transfers as bigint) as transfers,
        cast(joined.promotions as bigint) as promotions,
        cast(100 * (joined.transfers + joined.promotions) as double)
        / nullif(joined.headcount_mean, 0) as mobility_pct,
        joined.month_start_on
    from joined
)

select * from rated
