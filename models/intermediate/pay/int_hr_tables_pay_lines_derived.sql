{#-
What exports say was paid, and what is paid by the rates that they tell, month by month: a
twelfth of a year's rate, by the days of the month on which it held. Rates count in
companies alone of which nothing tells what was paid.
-#}
with lines as (
    select * from {{ ref('int_hr_tables_pay_lines_placed') }}
    where set_aside_rule is null
),

rates as (
    select * from {{ ref('int_hr_tables_pay_rates_placed') }}
    where set_aside_rule is null
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

sources_ended as (
    select * from {{ ref('int_sources_ended') }}
),

spine as (
    {{ dbt.date_spine(
        'month',
        "cast('" ~ var('calendar_starts_on') ~ "' as date)",
        "cast('" ~ var('calendar_ends_on') ~ "' as date)"
    ) }}
),

months as (
    select
        cast(spine.date_month as date) as month_start_on,
        cast({{ dbt.dateadd('month', 1, 'spine.date_month') }} as date)
            as next_month_on,
        cast({{ dbt.last_day('spine.date_month', 'month') }} as date) as month_end_on
    from spine
    inner join reporting_period
        on spine.date_month <= reporting_period.last_month_on
),

pieces as (
    select
        rates.*,
        months.month_start_on,
        months.month_end_on,
        cast({{ dbt.datediff(
            'greatest(rates.effective_from, months.month_start_on)',
            'least(rates.effective_to, months.next_month_on)',
            'day'
        ) }} as double)
        / {{ dbt.datediff('months.month_start_on', 'months.next_month_on', 'day') }}
            as month_share
    from rates
    inner join months
        on
            rates.effective_from < months.next_month_on
            and rates.effective_to > months.month_start_on
    left join sources_ended
        on rates.source_name = sources_ended.source_name
    where coalesce(months.month_end_on < sources_ended.unknown_since_on, true)
),

rated as (
    select
        pieces.source_rank,
        pieces.source_name,
        pieces.source_name || ':rate:' || pieces.person_id
        || ':' || cast(pieces.month_start_on as string)
        || ':' || pieces.currency
        || ':' || pieces.company_id as payslip_line_id,
        pieces.employee_key,
        pieces.company_id,
        pieces.currency,
        cast('base' as string) as line_type,
        cast(null as string) as description,
        cast(round(sum(pieces.monthly_pay * pieces.month_share), 2) as decimal(18, 2))
            as amount,
        cast(round(sum(pieces.monthly_hours * pieces.month_share), 2) as decimal(9, 2))
            as paid_hours,
        max(case when pieces.is_hours_assumed then 1 else 0 end) = 1
            as is_hours_assumed,
        pieces.month_start_on as period_starts_on,
        pieces.month_end_on as period_ends_on,
        pieces.month_end_on as paid_on
    from pieces
    group by
        pieces.source_rank,
        pieces.source_name,
        pieces.person_id,
        pieces.employee_key,
        pieces.company_id,
        pieces.currency,
        pieces.month_start_on,
        pieces.month_end_on
),

unioned as (
    select
        lines.source_rank,
        lines.source_name,
        lines.payslip_line_id,
        lines.employee_key,
        lines.company_id,
        lines.currency,
        lines.line_type,
        lines.description,
        lines.amount,
        lines.paid_hours,
        false as is_hours_assumed,
        lines.period_starts_on,
        lines.period_ends_on,
        lines.paid_on
    from lines
    union all
    select * from rated
),

derived as (
    select
        unioned.source_rank,
        unioned.source_name,
        unioned.payslip_line_id,
        'hr_tables:' || unioned.company_id
        || ':' || cast(unioned.period_ends_on as string)
        || ':' || unioned.currency as pay_run_id,
        unioned.employee_key,
        unioned.company_id,
        unioned.currency,
        unioned.line_type,
        unioned.description,
        unioned.amount,
        unioned.paid_hours,
        unioned.is_hours_assumed,
        unioned.period_starts_on,
        unioned.period_ends_on,
        unioned.paid_on
    from unioned
)

select * from derived
