{% set kinds = ['voluntary', 'involuntary', 'other'] %}
{% set dimensions = ['department', 'region', 'designation'] %}

with movements as (
    select * from {{ ref('rpt_movements_monthly') }}
),

headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
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
            as year_starts_on,
        cast({{ dbt.dateadd('month', -12, 'dates.month_start_on') }} as date)
            as cohort_month_on,
        dates.month_end_on
    from dates
    inner join reporting_period
        on
            dates.month_start_on >= reporting_period.first_month_on
            and dates.month_start_on <= reporting_period.last_month_on
    where dates.day_of_month = 1
),

-- The movements report has no row for a month without anyone; it adds 0 to the sum of
-- the twelve headcounts. Totals are made of cells, which are far fewer than people.
cell_exits as (
    select
        {% for dimension in dimensions -%}
        movements.{{ dimension }},
        {% endfor -%}
        sum(movements.closing_headcount) as headcount_sum,
        {% for kind in kinds -%}
        sum(movements.exits_{{ kind }}) as exits_{{ kind }},
        {% endfor -%}
        max(case when movements.null_reason = 'no_leavers_known' then 0 else 1 end)
            as leavers_known,
        min(
            case
                when movements.null_reason <> 'no_leavers_known'
                    then movements.null_reason
            end
        ) as unknown_reason,
        months.month_start_on
    from months
    inner join movements
        on
            months.year_starts_on <= movements.month_start_on
            and months.month_start_on >= movements.month_start_on
    where
        movements.null_reason is not null
        or movements.closing_headcount > 0
        or movements.exits_voluntary > 0
        or movements.exits_involuntary > 0
        or movements.exits_other > 0
    group by
        months.month_start_on,
        movements.department,
        movements.region,
        movements.designation
),

exits as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('cell_exits.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        sum(cell_exits.headcount_sum) as headcount_sum,
        {% for kind in kinds -%}
        sum(cell_exits.exits_{{ kind }}) as exits_{{ kind }},
        {% endfor -%}
        sum(
            cell_exits.exits_voluntary
            + cell_exits.exits_involuntary
            + cell_exits.exits_other
        ) as exits,
        max(cell_exits.leavers_known) as leavers_known,
        min(cell_exits.unknown_reason) as unknown_reason,
        cell_exits.month_start_on
    from cell_exits
    group by
        cell_exits.month_start_on,
        cube (cell_exits.department, cell_exits.region, cell_exits.designation)
),

-- Who was there twelve months before, and whether that employment still runs.
cell_cohorts as (
    select
        {% for dimension in dimensions -%}
        headcount.{{ dimension }},
        {% endfor -%}
        count(*) as cohort,
        sum(case when employments.ended_on > months.month_end_on then 1 else 0 end)
            as retained,
        months.month_start_on
    from months
    inner join headcount
        on months.cohort_month_on = headcount.month_start_on
    inner join employments
        on
            headcount.employee_key = employments.employee_key
            and headcount.month_end_on >= employments.started_on
            and headcount.month_end_on < employments.ended_on
    group by
        months.month_start_on,
        headcount.department,
        headcount.region,
        headcount.designation
),

cohorts as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('cell_cohorts.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        sum(cell_cohorts.cohort) as cohort,
        sum(cell_cohorts.retained) as retained,
        cell_cohorts.month_start_on
    from cell_cohorts
    group by
        cell_cohorts.month_start_on,
        cube (cell_cohorts.department, cell_cohorts.region, cell_cohorts.designation)
),

joined as (
    select
        exits.department,
        exits.region,
        exits.designation,
        case
            when not months.has_full_year then 'under_12_months_of_history'
            when exits.headcount_sum = 0 then 'no_headcount'
            when exits.leavers_known = 0 then 'no_leavers_known'
        end as null_reason,
        case
            when months.has_full_year then cast(exits.headcount_sum as double) / 12
        end as headcount_mean,
        exits.exits,
        {% for kind in kinds -%}
        exits.exits_{{ kind }},
        {% endfor -%}
        case when months.has_full_year then coalesce(cohorts.cohort, 0) end as cohort,
        case when months.has_full_year then coalesce(cohorts.retained, 0) end
            as retained,
        case
            when exits.leavers_known = 1 and months.has_full_year
                then cast(exits.headcount_sum as double) / 12
        end as rated_headcount_mean,
        case
            when exits.leavers_known = 1 and months.has_full_year then cohorts.cohort
        end as rated_cohort,
        exits.month_start_on
    from exits
    inner join months
        on exits.month_start_on = months.month_start_on
    left join cohorts
        on
            exits.month_start_on = cohorts.month_start_on
            and exits.department = cohorts.department
            and exits.region = cohorts.region
            and exits.designation = cohorts.designation
    where exits.unknown_reason is null
),

rated as (
    select
        joined.department,
        joined.region,
        joined.designation,
        cast(joined.null_reason as string) as null_reason,
        joined.headcount_mean,
        cast(joined.exits as bigint) as exits,
        {% for kind in kinds -%}
        cast(joined.exits_{{ kind }} as bigint) as exits_{{ kind }},
        {% endfor -%}
        cast(100 * joined.exits as double)
        / nullif(joined.rated_headcount_mean, 0) as turnover_pct,
        {% for kind in kinds -%}
        cast(100 * joined.exits_{{ kind }} as double)
        / nullif(joined.rated_headcount_mean, 0) as {{ kind }}_turnover_pct,
        {% endfor -%}
        cast(joined.cohort as bigint) as cohort,
        cast(joined.retained as bigint) as retained,
        cast(100 * joined.retained as double) / nullif(joined.rated_cohort, 0)
            as retention_pct,
        joined.month_start_on
    from joined
),

-- Cells with somebody whose HR system is heard of no more, and months that are over, of
-- which none has said anything.
unknown_cells as (
    select
        {% for dimension in dimensions -%}
        exits.{{ dimension }},
        {% endfor -%}
        exits.unknown_reason as null_reason,
        exits.month_start_on
    from exits
    where exits.unknown_reason is not null
    union all
    select
        {% for dimension in dimensions -%}
        'All' as {{ dimension }},
        {% endfor -%}
        {{ unknown_reason('reporting_period.known_until_on') }} as null_reason,
        dates.month_start_on
    from dates
    inner join reporting_period
        on
            dates.month_start_on > reporting_period.last_month_on
            and dates.month_end_on < reporting_period.as_at_on
    where dates.day_of_month = 1
),

unknown as (
    select
        {% for dimension in dimensions -%}
        cast(unknown_cells.{{ dimension }} as string) as {{ dimension }},
        {% endfor -%}
        unknown_cells.null_reason,
        cast(null as double) as headcount_mean,
        cast(null as bigint) as exits,
        {% for kind in kinds -%}
        cast(null as bigint) as exits_{{ kind }},
        {% endfor -%}
        cast(null as double) as turnover_pct,
        {% for kind in kinds -%}
        cast(null as double) as {{ kind }}_turnover_pct,
        {% endfor -%}
        cast(null as bigint) as cohort,
        cast(null as bigint) as retained,
        cast(null as double) as retention_pct,
        unknown_cells.month_start_on
    from unknown_cells
),

unioned as (
    select * from rated
    union all
    select * from unknown
)

select * from unioned
