-- Who was on family leave, and whose pay was improved on return.

with leaves as (
    select * from {{ ref('int_leaves_conformed') }}
),

pay_months as (
    select * from {{ ref('fct_pay_months') }}
),

family_leaves as (
    select
        leaves.employee_key,
        leaves.leave_id,
        leaves.starts_on,
        leaves.ends_on,
        max(leaves.ends_on) over (
            partition by leaves.employee_key
            order by
                leaves.starts_on asc nulls last,
                leaves.ends_on asc nulls last,
                leaves.leave_id asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as earlier_ends_on
    from leaves
    where leaves.leave_kind = 'parental'
),

-- Leave that goes on the next day is one.
begun as (
    select
        family_leaves.*,
        sum(
            case
                when
                    family_leaves.starts_on
                    <= cast(
                        {{ dbt.dateadd('day', 1, 'family_leaves.earlier_ends_on') }}
                        as date
                    )
                    then 0
                else 1
            end
        ) over (
            partition by family_leaves.employee_key
            order by
                family_leaves.starts_on asc nulls last,
                family_leaves.ends_on asc nulls last,
                family_leaves.leave_id asc nulls last
            rows between unbounded preceding and current row
        ) as absence_number
    from family_leaves
),

absences as (
    select
        begun.employee_key,
        min(begun.starts_on) as starts_on,
        cast({{ dbt.dateadd('day', 1, 'max(begun.ends_on)') }} as date) as returned_on
    from begun
    group by begun.employee_key, begun.absence_number
),

-- The last whole month before it, and the first whole one after.
framed as (
    select
        absences.*,
        cast(
            {{ dbt.dateadd(
                'month', -1, dbt.date_trunc('month', 'absences.starts_on')
            ) }} as date
        ) as before_month_on,
        cast(
            {{ dbt.dateadd(
                'month', 1,
                dbt.date_trunc(
                    'month', dbt.dateadd('day', -1, 'absences.returned_on')
                ),
            ) }} as date
        ) as after_month_on
    from absences
),

returns as (
    select
        framed.employee_key,
        after_return.company,
        after_return.sex,
        after_return.worker_category,
        before_leave.hourly_basic as hourly_basic_before,
        after_return.hourly_basic as hourly_basic_after,
        framed.before_month_on,
        framed.after_month_on,
        framed.starts_on,
        framed.returned_on
    from framed
    inner join pay_months as before_leave
        on
            framed.employee_key = before_leave.employee_key
            and framed.before_month_on = before_leave.month_start_on
    inner join pay_months as after_return
        on
            framed.employee_key = after_return.employee_key
            and framed.after_month_on = after_return.month_start_on
            and before_leave.company = after_return.company
    where
        before_leave.hourly_basic is not null
        and after_return.hourly_basic is not null
        and after_return.worker_category is not null
),

-- A rise is one of a cent in the hour: less is what rounded hours make.
rises as (
    select
        returns.employee_key,
        returns.company,
        returns.returned_on,
        count(*) as colleagues,
        sum(
            case
                when
                    round(after_return.hourly_basic - before_leave.hourly_basic, 2) > 0
                    then 1
                else 0
            end
        ) as colleagues_improved
    from returns
    inner join pay_months as before_leave
        on
            returns.company = before_leave.company
            and returns.worker_category = before_leave.worker_category
            and returns.before_month_on = before_leave.month_start_on
            and returns.employee_key <> before_leave.employee_key
    inner join pay_months as after_return
        on
            before_leave.employee_key = after_return.employee_key
            and returns.company = after_return.company
            and returns.worker_category = after_return.worker_category
            and returns.after_month_on = after_return.month_start_on
    group by
        returns.employee_key,
        returns.company,
        returns.returned_on
),

compared as (
    select
        {{ surrogate_key([
            'returns.employee_key', 'returns.company', 'returns.returned_on',
        ]) }} as pay_return_key,
        returns.employee_key,
        returns.company,
        returns.sex,
        returns.worker_category,
        returns.hourly_basic_before,
        returns.hourly_basic_after,
        cast(coalesce(rises.colleagues, 0) as bigint) as colleagues,
        cast(coalesce(rises.colleagues_improved, 0) as bigint) as colleagues_improved,
        coalesce(rises.colleagues_improved, 0) > 0 as has_rise_in_category,
        round(returns.hourly_basic_after - returns.hourly_basic_before, 2) > 0
            as is_improved,
        returns.starts_on,
        returns.returned_on
    from returns
    left join rises
        on
            returns.employee_key = rises.employee_key
            and returns.company = rises.company
            and returns.returned_on = rises.returned_on
)

select * from compared
