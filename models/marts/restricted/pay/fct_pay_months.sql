-- What single people earn stays in the restricted database.

with pay_months as (
    select * from {{ ref('int_pay_months_summed') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

job_evaluations as (
    select * from {{ ref('int_job_evaluations_conformed') }}
),

full_times as (
    select distinct
        locations.location_key,
        locations.full_time_weekly_hours
    from locations
),

-- The last state by the month's end: of those who left, that of their last day.
ranked as (
    select
        pay_months.*,
        employees.sex,
        history.designation,
        history.location_key,
        row_number() over (
            partition by
                pay_months.employee_key,
                pay_months.company_id,
                pay_months.month_start_on
            order by history.effective_from desc nulls last
        ) as state_rank
    from pay_months
    inner join employees
        on pay_months.employee_key = employees.employee_key
    left join history
        on
            pay_months.employee_key = history.employee_key
            and history.effective_from < cast(
                {{ dbt.dateadd('month', 1, 'pay_months.month_start_on') }} as date
            )
            and history.effective_from < history.effective_to
),

levels as (
    select
        {{ surrogate_key([
            'ranked.employee_key', 'ranked.company_id', 'ranked.month_start_on',
        ]) }} as pay_month_key,
        ranked.employee_key,
        ranked.company_id as company,
        ranked.currency,
        ranked.sex,
        job_evaluations.worker_category,
        cast(ranked.basic_pay as decimal(18, 2)) as basic_pay,
        cast(ranked.gross_pay as decimal(18, 2)) as gross_pay,
        cast(ranked.basic_pay as double)
        / nullif(cast(ranked.basic_hours as double), 0) as hourly_basic,
        cast(ranked.gross_pay as double)
        / nullif(cast(ranked.paid_hours as double), 0) as hourly_gross,
        cast(ranked.basic_pay as double)
        * 52
        * cast(full_times.full_time_weekly_hours as double)
        / nullif(cast(ranked.basic_hours as double), 0) as annualised_basic,
        cast(ranked.gross_pay as double)
        * 52
        * cast(full_times.full_time_weekly_hours as double)
        / nullif(cast(ranked.basic_hours as double), 0) as annualised_gross,
        ranked.is_converted,
        ranked.month_start_on
    from ranked
    left join full_times
        on ranked.location_key = full_times.location_key
    left join job_evaluations
        on
            lower(trim(ranked.designation))
            = lower(trim(job_evaluations.designation))
    where ranked.state_rank = 1
)

select * from levels
