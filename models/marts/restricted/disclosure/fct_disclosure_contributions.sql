{#- What happens to too few in one group is told of the whole company alone: it has no
place. -#}
{% set no_place = 'cast(null as string)' %}

with headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

movements as (
    select * from {{ ref('fct_employee_movements') }}
),

absence_months as (
    select * from {{ ref('fct_absence_monthly') }}
),

costs as (
    select * from {{ ref('fct_workforce_costs') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_averaged') }}
),

working_days as (
    select * from {{ ref('fct_working_days') }}
),

breaches as (
    select * from {{ ref('rpt_working_time_breaches') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
),

locations as (
    select * from {{ ref('dim_location') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- What is published is of all together: it ends where anybody is known no more.
known_to_all as (
    select
        coalesce(
            min(
                case
                    when headcount.unknown_since_on is not null
                        then headcount.month_start_on
                end
            ),
            cast('9999-12-31' as date)
        ) as unknown_month_on
    from headcount
),

-- Flows are told by whole calendar years: in a month they are few.
years as (
    select
        dates.date_on as year_start_on,
        cast({{ dbt.dateadd('year', 1, 'dates.date_on') }} as date)
            as next_year_start_on
    from dates
    inner join reporting_period
        on
            dates.date_on >= reporting_period.first_month_on
            and cast({{ dbt.dateadd('month', 11, 'dates.date_on') }} as date)
            <= reporting_period.last_month_on
    inner join known_to_all
        on
            cast({{ dbt.dateadd('month', 11, 'dates.date_on') }} as date)
            < known_to_all.unknown_month_on
    where
        dates.calendar_month = 1
        and dates.day_of_month = 1
),

-- A year in which somebody's absence is known no more is told of nobody.
absence_years as (
    select
        absence_months.*,
        min(
            case
                when absence_months.unknown_since_on is not null
                    then extract(year from absence_months.month_start_on)
            end
        ) over () as unknown_year
    from absence_months
),

absence as (
    select * from absence_years
    where coalesce(extract(year from month_start_on) < unknown_year, true)
),

moves as (
    select
        movements.employee_key as person,
        case when movements.movement_type = 'exit' then 'exits' else 'joiners' end
            as measure,
        case
            when movements.movement_type <> 'exit' then null
            when movements.exit_kind = 'voluntary' then 'exits_voluntary'
            else 'exits_otherwise'
        end as measure_by_kind,
        coalesce(movements.to_department, movements.from_department) as department,
        coalesce(movements.to_region, movements.from_region) as region,
        movements.moved_on as happened_on
    from movements
    where movements.movement_type in ('hire', 'rehire', 'exit')
),

paid as (
    select
        costs.employee_key as person,
        costs.department,
        costs.region,
        cast(
            cast(costs.gross_pay + costs.employer_cost as double)
            * rates.reporting_units as decimal(28, 8)
        ) as cost,
        costs.month_start_on as happened_on
    from costs
    left join rates
        on
            costs.currency = rates.currency
            and costs.month_start_on = rates.month_start_on
),

days as (
    select
        working_days.employee_key as person,
        history.department,
        history.region,
        working_days.worked_hours,
        working_days.worked_on as happened_on
    from working_days
    inner join history
        on
            working_days.employee_key = history.employee_key
            and working_days.worked_on >= history.effective_from
            and working_days.worked_on < history.effective_to
    where working_days.worked_hours > 0
),

people_in_breach as (
    select distinct
        breaches.employee_key as person,
        years.year_start_on
    from breaches
    inner join years
        on
            breaches.breached_on >= years.year_start_on
            and breaches.breached_on < years.next_year_start_on
),

people_at_work as (
    select distinct
        days.person,
        case
            when people_in_breach.person is not null then 'people_in_breach'
            else 'people_in_no_breach'
        end as measure,
        years.year_start_on
    from days
    inner join years
        on
            days.happened_on >= years.year_start_on
            and days.happened_on < years.next_year_start_on
    left join people_in_breach
        on
            days.person = people_in_breach.person
            and years.year_start_on = people_in_breach.year_start_on
),

branches as (
    select
        locations.branch,
        min(locations.region) as region
    from locations
    where locations.branch is not null
    group by locations.branch
),

placed_applications as (
    select
        applications.application_key as person,
        applications.outcome = 'accepted' as is_accepted,
        case
            when applications.is_internal then 'accepted_from_within'
            else 'accepted_from_outside'
        end as measure_by_origin,
        applications.department,
        coalesce(branches.region, 'Unknown') as region,
        {{ dbt.datediff('applications.opened_on', 'applications.accepted_on', 'day') }}
            as days_to_fill,
        applications.applied_on as happened_on,
        applications.accepted_on
    from applications
    left join branches
        on applications.branch = branches.branch
),

events as (
    select
        moves.measure,
        moves.person,
        moves.department,
        moves.region,
        1 as amount,
        moves.happened_on
    from moves
    union all
    select
        moves.measure_by_kind as measure,
        moves.person,
        {{ no_place }} as department,
        {{ no_place }} as region,
        1 as amount,
        moves.happened_on
    from moves
    where moves.measure_by_kind is not null
    union all
    select
        'cost' as measure,
        paid.person,
        paid.department,
        paid.region,
        paid.cost as amount,
        paid.happened_on
    from paid
    union all
    select
        'worked_hours' as measure,
        days.person,
        days.department,
        days.region,
        days.worked_hours as amount,
        days.happened_on
    from days
    union all
    select
        people_at_work.measure,
        people_at_work.person,
        {{ no_place }} as department,
        {{ no_place }} as region,
        1 as amount,
        people_at_work.year_start_on as happened_on
    from people_at_work
    union all
    select
        'applications' as measure,
        placed_applications.person,
        placed_applications.department,
        placed_applications.region,
        1 as amount,
        placed_applications.happened_on
    from placed_applications
    union all
    select
        'accepted' as measure,
        placed_applications.person,
        placed_applications.department,
        placed_applications.region,
        placed_applications.days_to_fill as amount,
        placed_applications.accepted_on as happened_on
    from placed_applications
    where placed_applications.is_accepted
    union all
    select
        placed_applications.measure_by_origin as measure,
        placed_applications.person,
        {{ no_place }} as department,
        {{ no_place }} as region,
        1 as amount,
        placed_applications.accepted_on as happened_on
    from placed_applications
    where placed_applications.is_accepted
    union all
    select
        'scheduled_days' as measure,
        absence.employee_key as person,
        absence.department,
        absence.region,
        absence.scheduled_days as amount,
        absence.month_start_on as happened_on
    from absence
    where absence.scheduled_days > 0
    union all
    select
        'lost_days' as measure,
        absence.employee_key as person,
        absence.department,
        absence.region,
        absence.lost_days as amount,
        absence.month_start_on as happened_on
    from absence
    where absence.lost_days > 0
),

placed as (
    select
        events.measure,
        events.person,
        events.department,
        events.region,
        events.amount,
        years.year_start_on as period_start_on
    from events
    inner join years
        on
            events.happened_on >= years.year_start_on
            and events.happened_on < years.next_year_start_on
    union all
    select
        'headcount' as measure,
        headcount.employee_key as person,
        headcount.department,
        headcount.region,
        headcount.fte as amount,
        headcount.month_start_on as period_start_on
    from headcount
    inner join known_to_all
        on headcount.month_start_on < known_to_all.unknown_month_on
),

summed as (
    select
        cast(placed.measure as string) as measure,
        cast(placed.person as string) as person,
        cast(placed.department as string) as department,
        cast(placed.region as string) as region,
        cast(count(*) as bigint) as events,
        cast(
            case when count(placed.amount) = count(*) then sum(placed.amount) end
            as decimal(28, 8)
        ) as amount,
        cast(placed.period_start_on as date) as period_start_on
    from placed
    group by
        placed.measure,
        placed.person,
        placed.department,
        placed.region,
        placed.period_start_on
)

select * from summed
