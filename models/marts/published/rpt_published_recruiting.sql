{{ config(alias='recruiting') }}

{#- What is told, and which cells of outcome and origin tell it. -#}
{% set figures = {
    'applications': ('All', 'All'),
    'accepted': ('accepted', 'All'),
    'accepted_from_within': ('accepted', 'from within'),
} %}

with cells as (
    select * from {{ ref('fct_recruiting_cells') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
),

accepted as (
    select
        cells.department_group,
        cells.department,
        cells.region,
        cells.branch,
        cells.year_start_on
    from cells
    where
        cells.outcome = 'accepted'
        and cells.origin = 'All'
        and cells.is_published
        and not cells.is_withheld
),

-- A median adds up to nothing: it rests on the people accepted, and tells of no other.
days as (
    select
        accepted.department_group,
        accepted.department,
        accepted.region,
        accepted.branch,
        {{ percentile(
            dbt.datediff('applications.opened_on', 'applications.accepted_on', 'day'),
            0.5
        ) }} as time_to_fill_days_median,
        accepted.year_start_on
    from accepted
    inner join applications
        on
            applications.outcome = 'accepted'
            and cast({{ dbt.date_trunc('year', 'applications.applied_on') }} as date)
            = accepted.year_start_on
            and (
                accepted.department in ('All', applications.department)
            )
    where
        accepted.region = 'All'
        and (accepted.department <> 'All' or accepted.department_group = 'All')
    group by
        accepted.department_group,
        accepted.department,
        accepted.region,
        accepted.branch,
        accepted.year_start_on
),

figures as (
    select
        cells.department_group,
        cells.department,
        cells.region,
        cells.branch,
        max(case when cells.is_withheld then 1 else 0 end) as withheld,
        {% for figure, (outcome, origin) in figures.items() -%}
        coalesce(
            max(
                case
                    when
                        cells.outcome <> '{{ outcome }}'
                        or cells.origin <> '{{ origin }}'
                        then null
                    when cells.is_withheld then -1
                    else cells.applications
                end
            ), 0
        ) as {{ figure }},
        {% endfor -%}
        cells.year_start_on
    from cells
    where cells.is_published
    group by
        cells.department_group,
        cells.department,
        cells.region,
        cells.branch,
        cells.year_start_on
    -- A row that is not there tells that there is nobody.
    having
        sum(cells.applications) > 0
        or max(case when cells.is_withheld then 1 else 0 end) = 1
),

reported as (
    select
        figures.department_group,
        figures.department,
        figures.region,
        figures.branch,
        {{ withheld_reason('figures.withheld = 1') }} as withheld_reason,
        {% for figure in figures -%}
        cast(nullif(figures.{{ figure }}, -1) as bigint) as {{ figure }},
        {% endfor -%}
        100 * cast(nullif(figures.accepted_from_within, -1) as double)
        / nullif(nullif(figures.accepted, -1), 0) as internal_fill_pct,
        days.time_to_fill_days_median,
        figures.year_start_on
    from figures
    left join days
        on
            figures.department_group = days.department_group
            and figures.department = days.department
            and figures.region = days.region
            and figures.branch = days.branch
            and figures.year_start_on = days.year_start_on
)

select * from reported
