create table months as
select
    cast(month_start as date) as period_start,
    cast(month_start + interval 1 month as date) as next_start
from generate_series(
    date_trunc('month', $starts_on),
    $horizon - interval 1 day,
    interval 1 month
) as t (month_start);

-- A run is drafted on the 21st and paid on the 27th or the working day before.
create table runs as
with worked as (
    select distinct
        months.period_start,
        months.next_start,
        spells.company
    from months
    inner join company_spells as spells
        on
            spells.from_on < months.next_start
            and spells.until_on > months.period_start
)

select
    row_number() over (
        order by worked.period_start, companies.minutes
    ) as pay_run_id,
    worked.company,
    worked.period_start,
    worked.next_start,
    cast(
        worked.period_start + interval 26 day
        - to_days(cast(greatest(
            isodow(worked.period_start + interval 26 day) - 5, 0
        ) as integer)) as date
    ) as paid_on,
    companies.currency,
    companies.pay_level,
    companies.bonus_month,
    worked.period_start + interval 20 day + interval 8 hour
    + to_minutes(companies.minutes) as drafted_at
from worked
inner join companies on worked.company = companies.company
where worked.next_start <= $horizon + interval 1 day;
