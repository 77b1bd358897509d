{% set dimensions = ['department', 'region', 'designation'] %}
{% set measures = {
    'scheduled_days': 'bigint', 'lost_days': 'decimal(18, 1)',
    'leave_days': 'decimal(18, 1)',
} %}

with absence as (
    select * from {{ ref('fct_absence_monthly') }}
),

totalled as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('absence.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        {% for measure in measures -%}
        sum(absence.{{ measure }}) as {{ measure }},
        {% endfor -%}
        min(absence.unknown_since_on) as unknown_since_on,
        absence.month_start_on
    from absence
    group by
        absence.month_start_on,
        cube (absence.department, absence.region, absence.designation)
),

reported as (
    select
        cast(totalled.department as string) as department,
        cast(totalled.region as string) as region,
        cast(totalled.designation as string) as designation,
        {{ known_measures('totalled', measures) }},
        case
            when totalled.unknown_since_on is null
                then
                    100 * cast(totalled.lost_days as double)
                    / nullif(cast(totalled.scheduled_days as double), 0)
        end as absence_pct,
        cast(totalled.month_start_on as date) as month_start_on
    from totalled
    where totalled.scheduled_days > 0
)

select * from reported
