with links as (
    select * from {{ ref('int_people_linked') }}
),

leave_types as (
    select * from {{ ref('leave_types') }}
),

leaves as (
    select * from {{ ref('int_leaves_known') }}
    where known_to = {{ never() }}
),

records as (
    select * from {{ ref('int_records_known') }}
    where is_now
),

conformed as (
    select
        leaves.source_name,
        leaves.leave_id,
        links.employee_key,
        leaves.leave_type,
        leave_types.kind as leave_kind,
        coalesce(leave_types.pay_effect, 'full_pay') as pay_effect,
        coalesce(leave_types.is_absence, false) as is_absence,
        leaves.is_half_day,
        leaves.starts_on,
        leaves.ends_on,
        case
            when not leaves.is_half_day then null
            when leaves.half_day_on is not null then leaves.half_day_on
            when leaves.starts_on = leaves.ends_on then leaves.starts_on
        end as half_day_on
    from leaves
    inner join records
        on leaves.record_id = records.record_id
    inner join links
        on records.person_id = links.person_id
    left join leave_types
        on lower(trim(leaves.leave_type)) = lower(trim(leave_types.leave_type))
    where leaves.starts_on <= leaves.ends_on
)

select * from conformed
