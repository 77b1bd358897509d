{% set dimensions = ['department', 'region', 'designation'] %}
{% set tenures = ['tenure', 'first_tenure'] %}
{% set measures = {
    'headcount': 'bigint', 'headcount_rehired': 'bigint',
    'tenure_days_mean': 'double', 'tenure_days_median': 'double',
    'first_tenure_days_mean': 'double', 'first_tenure_days_median': 'double',
} %}

with headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

-- Who was hired and never came was not employed then.
first_employments as (
    select
        employments.employee_key,
        min(employments.started_on) as started_on
    from employments
    where employments.started_on < employments.ended_on
    group by employments.employee_key
),

measured as (
    select
        headcount.department,
        headcount.region,
        headcount.designation,
        case when employments.employment_number > 1 then 1 else 0 end as rehired,
        {{ dbt.datediff('employments.started_on', 'headcount.month_end_on', 'day') }}
            as tenure_days,
        {{ dbt.datediff(
            'first_employments.started_on', 'headcount.month_end_on', 'day'
        ) }} as first_tenure_days,
        headcount.unknown_since_on,
        headcount.month_start_on
    from headcount
    inner join employments
        on
            headcount.employee_key = employments.employee_key
            and headcount.month_end_on >= employments.started_on
            and headcount.month_end_on < employments.ended_on
    inner join first_employments
        on headcount.employee_key = first_employments.employee_key
    where not headcount.is_opening_balance
),

aggregated as (
    select
        {% for dimension in dimensions -%}
        {{ total_label('measured.' ~ dimension) }} as {{ dimension }},
        {% endfor -%}
        count(*) as headcount,
        sum(measured.rehired) as headcount_rehired,
        {% for tenure in tenures -%}
        avg(measured.{{ tenure }}_days) as {{ tenure }}_days_mean,
        {{ percentile('measured.' ~ tenure ~ '_days', 0.5) }}
            as {{ tenure }}_days_median,
        {% endfor -%}
        min(measured.unknown_since_on) as unknown_since_on,
        measured.month_start_on
    from measured
    group by
        measured.month_start_on,
        cube (measured.department, measured.region, measured.designation)
),

reported as (
    select
        aggregated.department,
        aggregated.region,
        aggregated.designation,
        {{ known_measures('aggregated', measures) }},
        aggregated.month_start_on
    from aggregated
)

select * from reported
