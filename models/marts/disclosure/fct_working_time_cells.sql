{#- What is told, and by whom it is judged: hours by those who worked, breaches by those
who were in breach. -#}
{% set breach_types = ['weekly_hours', 'daily_rest'] %}

with working_days as (
    select * from {{ ref('fct_working_days') }}
),

breaches as (
    select * from {{ ref('rpt_working_time_breaches') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

department_groups as (
    select * from {{ ref('dim_department_group') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

events as (
    select
        working_days.employee_key,
        'worked_hours' as measure,
        cast(working_days.worked_hours as decimal(18, 4)) as amount,
        working_days.worked_on as happened_on
    from working_days
    union all
    select
        breaches.employee_key,
        'breaches_' || breaches.breach_type as measure,
        cast(1 as decimal(18, 4)) as amount,
        breaches.breached_on as happened_on
    from breaches
),

-- Whole quarters of the reporting period alone.
placed as (
    select
        events.employee_key,
        department_groups.department_group,
        history.region,
        events.measure,
        events.amount,
        cast({{ dbt.date_trunc('quarter', 'events.happened_on') }} as date)
            as quarter_start_on
    from events
    inner join history
        on
            events.employee_key = history.employee_key
            and events.happened_on >= history.effective_from
            and events.happened_on < history.effective_to
    inner join department_groups
        on history.department = department_groups.department
    inner join reporting_period
        on
            {{ dbt.date_trunc('quarter', 'events.happened_on') }}
            >= reporting_period.first_month_on
            and {{ dbt.dateadd(
                'month', 2, dbt.date_trunc('quarter', 'events.happened_on')
            ) }} <= reporting_period.last_month_on
),

leaves as (
    select distinct
        placed.department_group,
        placed.region
    from placed
),

quarters as (
    select distinct placed.quarter_start_on
    from placed
),

measures as (
    select 'worked_hours' as measure
    {% for breach_type in breach_types -%}
    union all
    select 'breaches_{{ breach_type }}' as measure
    {% endfor %}
),

-- Nobody in breach is a figure too.
complete as (
    select
        cast(null as string) as employee_key,
        leaves.department_group,
        leaves.region,
        measures.measure,
        cast(0 as decimal(18, 4)) as amount,
        quarters.quarter_start_on
    from leaves
    cross join quarters
    cross join measures
    union all
    select * from placed
),

cells as (
    select
        {{ total_label('complete.department_group') }} as department_group,
        {{ total_label('complete.region') }} as region,
        complete.measure,
        {{ line_of('complete.measure', 'complete.quarter_start_on') }} as line,
        count(distinct complete.employee_key) as people,
        sum(complete.amount) as amount,
        complete.quarter_start_on
    from complete
    group by
        complete.measure,
        complete.quarter_start_on,
        cube(complete.department_group, complete.region)
),

judged as (
    {{ protected_cells(
        cells='cells',
        dimensions=[['department_group'], ['region']],
        line='line',
        measures=['amount'],
        minimum=disclosure_minimum(),
    ) | indent(4) }}
),

reported as (
    select
        cast(judged.department_group as string) as department_group,
        cast(judged.region as string) as region,
        cast(judged.measure as string) as measure,
        cast(judged.people as bigint) as people,
        cast(judged.amount as decimal(18, 4)) as amount,
        judged.is_published,
        judged.is_primary,
        judged.is_withheld,
        judged.quarter_start_on
    from judged
)

select * from reported
