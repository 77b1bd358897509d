with leaves as (
    select * from {{ ref('int_leaves_conformed') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

country_lists as (
    select * from {{ ref('holiday_lists') }}
),

calendars as (
    select * from {{ ref('int_working_calendars_derived') }}
),

-- The part of a leave in which its person was employed under one calendar.
employed_leaves as (
    select
        leaves.employee_key,
        leaves.is_absence,
        leaves.half_day_on,
        coalesce(country_lists.country_code, 'none') as calendar_code,
        greatest(leaves.starts_on, history.effective_from) as first_on,
        leaves.ends_on as last_on,
        history.effective_to
    from leaves
    inner join history
        on
            leaves.employee_key = history.employee_key
            and leaves.ends_on >= history.effective_from
            and leaves.starts_on < history.effective_to
    left join locations
        on
            history.company_id = locations.company_id
            and coalesce(history.branch_id, '') = coalesce(locations.branch_id, '')
    left join country_lists
        on locations.country_code = country_lists.country_code
),

shares as (
    select
        employed_leaves.employee_key,
        employed_leaves.is_absence,
        cast(
            case
                when calendars.date_on = employed_leaves.half_day_on then 0.5
                else 1
            end as decimal(18, 1)
        ) as share_of_day,
        calendars.date_on as leave_on
    from employed_leaves
    inner join calendars
        on
            employed_leaves.calendar_code = calendars.calendar_code
            and employed_leaves.first_on <= calendars.date_on
            and employed_leaves.last_on >= calendars.date_on
            and employed_leaves.effective_to > calendars.date_on
    where calendars.is_working_day
),

summed as (
    select
        shares.employee_key,
        sum(case when shares.is_absence then shares.share_of_day else 0 end) as lost,
        sum(case when shares.is_absence then 0 else shares.share_of_day end) as planned,
        sum(shares.share_of_day) as taken,
        shares.leave_on
    from shares
    group by
        shares.employee_key,
        shares.leave_on
),

-- Leaves that overlap are still one day.
derived as (
    select
        summed.employee_key,
        cast(least(summed.lost, 1) as decimal(18, 1)) as lost_days,
        cast(least(summed.planned, 1) as decimal(18, 1)) as leave_days,
        cast(least(summed.taken, 1) as decimal(18, 1)) as lost_or_leave_days,
        summed.leave_on
    from summed
)

select * from derived
