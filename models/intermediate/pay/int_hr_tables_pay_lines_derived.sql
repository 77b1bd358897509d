{#-
What exports say was paid, and what is paid by the rates that they tell, month by month: a
twelfth of a year's rate, by the days of the month on which it held. Rates count in
companies alone of which nothing tells what was paid.
-#}
with pay_lines as (
    select * from {{ ref('stg_hr_tables__pay_lines') }}
    where known_to = {{ never() }}
),

pay_rates as (
    select * from {{ ref('stg_hr_tables__pay_rates') }}
    where known_to = {{ never() }}
),

payroll_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
    where known_to = {{ never() }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

links as (
    select * from {{ ref('int_people_linked') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
    where effective_from < effective_to
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
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
            as next_month_on
    from spine
    inner join reporting_period
        on spine.date_month <= reporting_period.last_month_on
),

full_times as (
    select distinct
        locations.location_key,
        locations.full_time_weekly_hours
    from locations
),

-- An amount without a period is for the month in which it is paid.
dated_lines as (
    select
        pay_lines.*,
        links.employee_key,
        coalesce(
            pay_lines.paid_to,
            cast({{ dbt.last_day(
                'coalesce(pay_lines.paid_on, pay_lines.exported_on)', 'month'
            ) }} as date)
        ) as ends_on
    from pay_lines
    inner join links
        on pay_lines.source_name || ':' || pay_lines.person_id = links.person_id
),

-- The company of the last day by then, or of the first for who was paid before.
placed_lines as (
    select
        dated_lines.*,
        history.company_id,
        row_number() over (
            partition by
                dated_lines.source_name,
                dated_lines.source_table,
                dated_lines.known_from,
                dated_lines.file_name,
                dated_lines.file_line
            order by
                case
                    when history.effective_from <= dated_lines.ends_on then 0
                    else 1
                end nulls last,
                case
                    when history.effective_from <= dated_lines.ends_on
                        then history.effective_from
                end desc nulls last,
                history.effective_from asc nulls last
        ) as place_rank
    from dated_lines
    left join history
        on dated_lines.employee_key = history.employee_key
),

lines as (
    select
        sources.source_rank,
        sources.source_name,
        placed_lines.source_name
        || ':' || placed_lines.source_table
        || ':' || cast(placed_lines.exported_on as string)
        || ':' || placed_lines.file_name
        || ':' || cast(placed_lines.file_line as string) as payslip_line_id,
        placed_lines.employee_key,
        coalesce(placed_lines.company_id, sources.company_id) as company_id,
        coalesce(placed_lines.line_currency, sources.currency, 'XXX') as currency,
        coalesce(placed_lines.line_type, 'base') as line_type,
        placed_lines.line_description as description,
        placed_lines.line_amount as amount,
        placed_lines.line_hours as paid_hours,
        coalesce(
            placed_lines.paid_from,
            cast({{ dbt.date_trunc('month', 'placed_lines.ends_on') }} as date)
        ) as period_starts_on,
        placed_lines.ends_on as period_ends_on,
        coalesce(placed_lines.paid_on, placed_lines.ends_on) as paid_on
    from placed_lines
    inner join sources
        on placed_lines.source_name = sources.source_name
    where placed_lines.place_rank = 1
),

paying_companies as (
    select distinct payroll_runs.company_id
    from payroll_runs
    union distinct
    select distinct lines.company_id
    from lines
),

-- A rate that an export shows without a day is taken to hold since that year began.
dated_rates as (
    select
        sources.source_rank,
        pay_rates.source_name,
        pay_rates.person_id,
        pay_rates.pay_rate,
        coalesce(pay_rates.pay_currency, sources.currency, 'XXX') as currency,
        pay_rates.pay_period,
        coalesce(pay_rates.is_full_time, false) as is_full_time,
        pay_rates.effective_to,
        coalesce(
            pay_rates.effective_from,
            case
                when
                    pay_rates.observed_on = min(pay_rates.observed_on) over (
                        partition by
                            pay_rates.source_name,
                            pay_rates.source_table,
                            pay_rates.person_id
                    )
                    then
                        cast(
                            {{ dbt.date_trunc('year', 'pay_rates.observed_on') }}
                            as date
                        )
                else pay_rates.observed_on
            end
        ) as holds_from,
        pay_rates.known_from,
        pay_rates.file_name,
        pay_rates.file_line
    from pay_rates
    inner join sources
        on pay_rates.source_name = sources.source_name
),

followed_rates as (
    select
        dated_rates.*,
        least(
            coalesce(dated_rates.effective_to, cast('9999-12-31' as date)),
            coalesce(
                lead(dated_rates.holds_from) over (
                    partition by dated_rates.source_name, dated_rates.person_id
                    order by
                        dated_rates.holds_from nulls last,
                        dated_rates.known_from nulls last,
                        dated_rates.file_name nulls last,
                        dated_rates.file_line nulls last
                ),
                cast('9999-12-31' as date)
            )
        ) as holds_to
    from dated_rates
),

placed_rates as (
    select
        followed_rates.*,
        history.employee_key,
        history.company_id,
        history.fte,
        case
            when not history.is_fte_assumed
                then history.fte * full_times.full_time_weekly_hours
        end as weekly_hours,
        greatest(followed_rates.holds_from, history.effective_from) as placed_from,
        least(followed_rates.holds_to, history.effective_to) as placed_to
    from followed_rates
    inner join links
        on
            followed_rates.source_name || ':' || followed_rates.person_id
            = links.person_id
    inner join history
        on
            links.employee_key = history.employee_key
            and followed_rates.holds_from < history.effective_to
            and followed_rates.holds_to > history.effective_from
    left join full_times
        on history.location_key = full_times.location_key
    left join paying_companies
        on history.company_id = paying_companies.company_id
    where paying_companies.company_id is null
),

-- An hourly rate pays the contracted hours; where they are unknown, so is what it pays.
monthly_rates as (
    select
        placed_rates.*,
        case placed_rates.pay_period
            when 'year' then cast(placed_rates.pay_rate as double) / 12
            when 'month' then cast(placed_rates.pay_rate as double)
            when 'hour'
                then
                    cast(placed_rates.pay_rate as double)
                    * cast(placed_rates.weekly_hours as double) * 52 / 12
        end
        * case
            when placed_rates.is_full_time and placed_rates.pay_period <> 'hour'
                then cast(placed_rates.fte as double)
            else 1
        end as monthly_pay,
        cast(placed_rates.weekly_hours as double) * 52 / 12 as monthly_hours
    from placed_rates
),

pieces as (
    select
        monthly_rates.*,
        months.month_start_on,
        cast({{ dbt.dateadd('day', -1, 'months.next_month_on') }} as date)
            as month_end_on,
        cast({{ dbt.datediff(
            'greatest(monthly_rates.placed_from, months.month_start_on)',
            'least(monthly_rates.placed_to, months.next_month_on)',
            'day'
        ) }} as double)
        / {{ dbt.datediff('months.month_start_on', 'months.next_month_on', 'day') }}
            as month_share
    from monthly_rates
    inner join months
        on
            monthly_rates.placed_from < months.next_month_on
            and monthly_rates.placed_to > months.month_start_on
    where monthly_rates.monthly_pay is not null
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
        pieces.month_start_on as period_starts_on,
        pieces.month_end_on as period_ends_on,
        pieces.month_end_on as paid_on
    from pieces
    where pieces.company_id is not null
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
    select * from lines
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
        unioned.period_starts_on,
        unioned.period_ends_on,
        unioned.paid_on
    from unioned
    where unioned.company_id is not null
)

select * from derived
