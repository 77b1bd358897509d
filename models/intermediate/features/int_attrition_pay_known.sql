{#- Fewer peers than this would tell too much of each other's pay. -#}
{% set fewest_peers = 10 %}

with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

people as (
    select * from {{ ref('int_attrition_people_known') }}
),

pay_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
),

payslips as (
    select * from {{ ref('stg_payroll__payslips') }}
),

payslip_lines as (
    select * from {{ ref('stg_payroll__payslip_lines') }}
),

line_types as (
    select * from {{ ref('pay_line_types') }}
    where description is null
),

-- A line counts while line, payslip and run are known together and the run is paid.
known_lines as (
    select
        payslips.employee_number,
        pay_runs.currency,
        line_types.pay_kind,
        payslip_lines.amount,
        payslip_lines.paid_hours,
        cast({{ dbt.date_trunc('month', 'pay_runs.period_ends_on') }} as date)
            as paid_month_on,
        pay_runs.period_ends_on,
        greatest(
            payslip_lines.known_from,
            payslips.known_from,
            pay_runs.known_from
        ) as known_from,
        least(
            payslip_lines.known_to,
            payslips.known_to,
            pay_runs.known_to
        ) as known_to
    from payslip_lines
    inner join payslips
        on payslip_lines.payslip_id = payslips.payslip_id
    inner join pay_runs
        on payslips.pay_run_id = pay_runs.pay_run_id
    inner join line_types
        on
            lower(trim(payslip_lines.line_type))
            = lower(trim(line_types.line_type))
    where
        line_types.pay_kind in ('basic', 'overtime', 'bonus')
        and pay_runs.status = 'paid'
),

-- Lines that were learned together are one sum: there are far fewer of those.
sums as (
    select
        known_lines.employee_number,
        known_lines.currency,
        sum(
            case when known_lines.pay_kind = 'basic' then known_lines.amount else 0 end
        ) as base_pay,
        sum(
            case when known_lines.pay_kind = 'bonus' then known_lines.amount else 0 end
        ) as bonus_pay,
        sum(
            case
                when known_lines.pay_kind = 'basic'
                    then coalesce(known_lines.paid_hours, 0)
                else 0
            end
        ) as base_hours,
        sum(
            case
                when known_lines.pay_kind = 'overtime'
                    then coalesce(known_lines.paid_hours, 0)
                else 0
            end
        ) as overtime_hours,
        known_lines.paid_month_on,
        known_lines.period_ends_on,
        known_lines.known_from,
        known_lines.known_to
    from known_lines
    where known_lines.known_from < known_lines.known_to
    group by
        known_lines.employee_number,
        known_lines.currency,
        known_lines.paid_month_on,
        known_lines.period_ends_on,
        known_lines.known_from,
        known_lines.known_to
),

paid_months as (
    select distinct sums.paid_month_on
    from sums
),

-- The last three months, the same three a year before, and the last twelve.
windows as (
    select
        months.month_start_on,
        months.month_end_on,
        months.known_at,
        paid_months.paid_month_on,
        {{ dbt.datediff(
            'paid_months.paid_month_on', 'months.month_start_on', 'month'
        ) }} as months_ago
    from months
    inner join paid_months
        on
            months.month_start_on >= paid_months.paid_month_on
            and cast({{ dbt.dateadd('month', -14, 'months.month_start_on') }} as date)
            <= paid_months.paid_month_on
),

levels as (
    select
        sums.employee_number,
        windows.month_start_on,
        min(case when windows.months_ago <= 2 then sums.currency end) as currency,
        max(case when windows.months_ago <= 2 then sums.currency end)
            as last_currency,
        min(case when windows.months_ago >= 12 then sums.currency end)
            as earlier_currency,
        max(case when windows.months_ago >= 12 then sums.currency end)
            as last_earlier_currency,
        sum(case when windows.months_ago <= 2 then sums.base_pay else 0 end)
            as base_pay,
        sum(case when windows.months_ago <= 2 then sums.base_hours else 0 end)
            as base_hours,
        sum(case when windows.months_ago <= 2 then sums.overtime_hours else 0 end)
            as overtime_hours,
        sum(case when windows.months_ago >= 12 then sums.base_pay else 0 end)
            as earlier_base_pay,
        sum(case when windows.months_ago >= 12 then sums.base_hours else 0 end)
            as earlier_base_hours,
        sum(case when windows.months_ago <= 11 then sums.bonus_pay end) as bonus_pay
    from sums
    inner join windows
        on
            sums.paid_month_on = windows.paid_month_on
            and sums.period_ends_on <= windows.month_end_on
            and sums.known_from <= windows.known_at
            and sums.known_to > windows.known_at
    group by sums.employee_number, windows.month_start_on
),

hourly as (
    select
        levels.*,
        case
            when
                levels.base_hours > 0
                and levels.base_pay > 0
                and levels.currency = levels.last_currency
                then cast(
                    cast(levels.base_pay as double) / nullif(levels.base_hours, 0)
                    as decimal(18, 4)
                )
        end as hourly_base,
        case
            when
                levels.earlier_base_hours > 0
                and levels.earlier_base_pay > 0
                and levels.earlier_currency = levels.last_earlier_currency
                and levels.earlier_currency = levels.currency
                then cast(
                    cast(levels.earlier_base_pay as double)
                    / nullif(levels.earlier_base_hours, 0)
                    as decimal(18, 4)
                )
        end as earlier_hourly_base
    from levels
),

people_paid as (
    select
        people.employee_key,
        people.company_id,
        people.grade_id,
        hourly.currency,
        hourly.hourly_base,
        hourly.earlier_hourly_base,
        hourly.base_hours,
        hourly.overtime_hours,
        hourly.bonus_pay,
        people.month_start_on
    from people
    inner join hourly
        on
            people.employee_number = hourly.employee_number
            and people.month_start_on = hourly.month_start_on
),

ranked as (
    select
        people_paid.*,
        count(people_paid.hourly_base) over (
            partition by
                people_paid.month_start_on,
                people_paid.company_id,
                people_paid.grade_id,
                people_paid.currency
        ) as peers,
        count(*) over (
            partition by
                people_paid.month_start_on,
                people_paid.company_id,
                people_paid.grade_id,
                people_paid.currency,
                people_paid.hourly_base
        ) as equal_peers,
        rank() over (
            partition by
                people_paid.month_start_on,
                people_paid.company_id,
                people_paid.grade_id,
                people_paid.currency
            order by people_paid.hourly_base nulls last
        ) as place
    from people_paid
),

-- Ties share the place in their middle: 0 is the lowest of the peers, 100 the highest.
positioned as (
    select
        ranked.employee_key,
        case
            when ranked.hourly_base is not null and ranked.peers >= {{ fewest_peers }}
                then
                    100
                    * (ranked.place - 1 + cast(ranked.equal_peers - 1 as double) / 2)
                    / nullif(ranked.peers - 1, 0)
        end as pay_position_pct,
        cast(100.0 * (ranked.hourly_base - ranked.earlier_hourly_base) as double)
        / nullif(ranked.earlier_hourly_base, 0) as pay_change_12_months_pct,
        case
            when ranked.base_hours > 0
                then
                    cast(100.0 * greatest(ranked.overtime_hours, 0) as double)
                    / nullif(ranked.base_hours + greatest(ranked.overtime_hours, 0), 0)
        end as overtime_3_months_pct,
        ranked.bonus_pay > 0 as has_bonus_12_months,
        ranked.month_start_on
    from ranked
)

select * from positioned
