with leaves as (
    select * from {{ ref('int_leaves_conformed') }}
),

-- A strike is no leave: who is on strike stays a full-pay relevant employee.
linked as (
    select
        leaves.leave_id,
        leaves.employee_key,
        leaves.pay_effect,
        leaves.starts_on,
        leaves.ends_on
    from leaves
    where
        leaves.pay_effect in ('reduced_pay', 'unpaid')
        and leaves.leave_kind <> 'industrial_action'
)

select * from linked
