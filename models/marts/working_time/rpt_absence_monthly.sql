{% set dimensions = ['department', 'region', 'designation'] %}

with absence as (
    select * from {{ ref('fct_absence_monthly') }}
),

totalled as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('absence.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        sum(absence.scheduled_days) as scheduled_days,
        sum(absence.lost_days) as lost_days,
        sum(absence.leave_days) as leave_days,
        absence.month_start_on
    from absence
    group by
        absence.month_start_on,
        cube(absence.department, absence.region, absence.designation)
),

reported as (
    select
        cast(totalled.department as string) as department,
        cast(totalled.region as string) as region,
        cast(totalled.designation as string) as designation,
        cast(totalled.scheduled_days as bigint) as scheduled_days,
        cast(totalled.lost_days as decimal(18, 1)) as lost_days,
        cast(totalled.leave_days as decimal(18, 1)) as leave_days,
        100 * cast(totalled.lost_days as double)
        / nullif(cast(totalled.scheduled_days as double), 0) as absence_pct,
        cast(totalled.month_start_on as date) as month_start_on
    from totalled
    where totalled.scheduled_days > 0
)

select * from reported
