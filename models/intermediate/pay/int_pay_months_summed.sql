with lines as (
    select * from {{ ref('int_payslip_lines_converted') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- A period counts in the month in which it ends, a bonus in as many months from then on
-- as it is for.
dated_lines as (
    select
        lines.employee_key,
        lines.company_id,
        lines.currency,
        lines.amount,
        coalesce(lines.paid_hours, 0) as hours,
        lines.pay_kind in ('basic', 'piecework') as is_basic,
        lines.pay_kind in ('basic', 'piecework', 'overtime') as is_timed,
        case
            when lines.pay_kind = 'bonus' then coalesce(lines.period_months, 1)
            else 1
        end as months_paid,
        lines.is_converted,
        cast({{ dbt.date_trunc('month', 'lines.period_ends_on') }} as date)
            as paid_month_on
    from lines
    where
        lines.employee_key is not null
        and lines.pay_kind not in ('deduction', 'employer_cost')
),

months as (
    select distinct dated_lines.paid_month_on as month_start_on
    from dated_lines
    inner join reporting_period
        on dated_lines.paid_month_on <= reporting_period.last_month_on
),

-- Sums of decimals do not depend on the order of rows; sums of doubles do. A double has
-- no more digits of an amount than these that are sure.
spread_lines as (
    select
        dated_lines.*,
        months.month_start_on,
        cast(
            cast(dated_lines.amount as double) / dated_lines.months_paid
            as decimal(28, 8)
        ) as month_amount,
        case
            when dated_lines.paid_month_on = months.month_start_on
                then dated_lines.hours
            else 0
        end as month_hours
    from dated_lines
    inner join months
        on
            dated_lines.paid_month_on <= months.month_start_on
            and cast(
                {{ dbt.dateadd(
                    'month', 'cast(dated_lines.months_paid as int)',
                    'dated_lines.paid_month_on',
                ) }} as date
            )
            > months.month_start_on
),

summed as (
    select
        spread_lines.employee_key,
        spread_lines.company_id,
        max(spread_lines.currency) as currency,
        sum(
            case when spread_lines.is_basic then spread_lines.month_amount else 0 end
        ) as basic_pay,
        sum(spread_lines.month_amount) as gross_pay,
        cast(
            sum(
                case when spread_lines.is_basic then spread_lines.month_hours else 0 end
            ) as decimal(18, 2)
        ) as basic_hours,
        cast(
            sum(
                case when spread_lines.is_timed then spread_lines.month_hours else 0 end
            ) as decimal(18, 2)
        ) as paid_hours,
        max(case when spread_lines.is_converted then 1 else 0 end) = 1 as is_converted,
        spread_lines.month_start_on
    from spread_lines
    group by
        spread_lines.employee_key,
        spread_lines.company_id,
        spread_lines.month_start_on
)

select * from summed
