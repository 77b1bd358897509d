{#- What leave is for, as the features tell it, and which types it is. -#}
{% set purposes = {
    'absence': 'counted.is_absence',
    'annual_leave': "counted.kind = 'annual' and not counted.is_absence",
    'other_leave': "counted.kind <> 'annual' and not counted.is_absence",
} %}

with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

records as (
    select * from {{ ref('int_records_known') }}
),

leaves as (
    select * from {{ ref('int_leaves_known') }}
),

leave_types as (
    select * from {{ ref('leave_types') }}
),

-- Approved leave that was known, from the month's last twelve and up to its close.
requests as (
    select
        records.person_id,
        coalesce(leave_types.kind, 'other') as kind,
        coalesce(leave_types.is_absence, false) as is_absence,
        months.month_start_on,
        months.month_end_on,
        greatest(
            leaves.starts_on,
            cast({{ dbt.dateadd('month', -11, 'months.month_start_on') }} as date)
        ) as counted_from,
        cast(
            {{ dbt.dateadd(
                'day',
                1,
                'least(leaves.ends_on, months.month_end_on)'
            ) }} as date
        ) as counted_to,
        cast({{ dbt.dateadd('day', -89, 'months.month_end_on') }} as date)
            as recent_from,
        case
            when leaves.is_half_day
                then
                    coalesce(
                        leaves.half_day_on,
                        leaves.starts_on
                    )
        end as half_day_on
    from months
    inner join leaves
        on
            months.known_at >= leaves.known_from
            and months.known_at < leaves.known_to
            and months.month_end_on >= leaves.starts_on
            and cast({{ dbt.dateadd('month', -11, 'months.month_start_on') }} as date)
            <= leaves.ends_on
    inner join records
        on
            months.known_at = records.known_at
            and leaves.record_id = records.record_id
    left join leave_types
        on
            lower(trim(leaves.leave_type))
            = lower(trim(leave_types.leave_type))
),

-- A half day on a weekend was no weekday to begin with.
halved as (
    select
        requests.*,
        greatest(requests.counted_from, requests.recent_from) as recently_counted_from,
        case
            when {{ iso_weekday('requests.half_day_on') }} <= 5
                then requests.half_day_on
        end as halved_on
    from requests
),

counted as (
    select
        halved.*,
        {{ weekdays_before('halved.counted_to') }}
        - {{ weekdays_before('halved.counted_from') }}
        - case
            when
                halved.halved_on >= halved.counted_from
                and halved.halved_on < halved.counted_to
                then 0.5
            else 0
        end as leave_days,
        case
            when halved.counted_to > halved.recently_counted_from
                then
                    {{ weekdays_before('halved.counted_to') }}
                    - {{ weekdays_before('halved.recently_counted_from') }}
                    - case
                        when
                            halved.halved_on >= halved.recently_counted_from
                            and halved.halved_on < halved.counted_to
                            then 0.5
                        else 0
                    end
            else 0
        end as recent_leave_days
    from halved
),

summed as (
    select
        counted.person_id,
        {% for purpose, condition in purposes.items() -%}
        cast(
            sum(case when {{ condition }} then counted.leave_days else 0 end)
            as decimal(9, 1)
        ) as {{ purpose }}_days_12_months,
        {% endfor -%}
        cast(
            sum(case when counted.is_absence then counted.recent_leave_days else 0 end)
            as decimal(9, 1)
        ) as absence_days_90,
        cast(
            sum(case when counted.is_absence then 1 else 0 end) as bigint
        ) as absence_spells_12_months,
        counted.month_start_on
    from counted
    group by counted.person_id, counted.month_start_on
)

select * from summed
