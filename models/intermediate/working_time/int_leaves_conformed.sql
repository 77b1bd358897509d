with links as (
    select * from {{ ref('int_people_linked') }}
),

leave_types as (
    select * from {{ ref('leave_types') }}
),

unioned as (
    {{ united('leaves_linked') }}
),

conformed as (
    select
        unioned.source_name,
        unioned.leave_id,
        links.employee_key,
        unioned.leave_type,
        leave_types.kind as leave_kind,
        coalesce(leave_types.pay_effect, 'full_pay') as pay_effect,
        coalesce(leave_types.is_absence, false) as is_absence,
        unioned.is_half_day,
        unioned.starts_on,
        unioned.ends_on,
        case
            when not unioned.is_half_day then null
            when unioned.half_day_on is not null then unioned.half_day_on
            when unioned.starts_on = unioned.ends_on then unioned.starts_on
        end as half_day_on
    from unioned
    inner join links
        on unioned.person_id = links.person_id
    left join leave_types
        on lower(trim(unioned.leave_type)) = lower(trim(leave_types.leave_type))
    where unioned.starts_on <= unioned.ends_on
)

select * from conformed
