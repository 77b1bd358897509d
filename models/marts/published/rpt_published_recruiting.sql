{{ config(alias='recruiting') }}

with cells as (
    select * from {{ ref('fct_disclosure_cells') }}
),

counts as (
    select
        cells.department_group,
        cells.region,
        {{ told('applications') }} as applications,
        {{ told('accepted') }} as accepted,
        {{ published_pct(
            told('accepted_from_within'),
            told('accepted_from_within') ~ ' + ' ~ told('accepted_from_outside')
        ) }} as internal_fill_pct,
        cast(round({{ told('accepted', 'amount_median') }}) as bigint)
            as time_to_fill_days_median,
        max(cells.count_step) as count_step,
        cells.period_start_on as year_start_on
    from cells
    where
        cells.measure in (
            'applications', 'accepted', 'accepted_from_within', 'accepted_from_outside'
        )
    group by cells.department_group, cells.region, cells.period_start_on
),

reported as (
    select
        counts.department_group,
        counts.region,
        {{ withheld_reason(
            'counts', ['applications', 'accepted'], ['internal_fill_pct']
        ) }} as withheld_reason,
        counts.applications,
        counts.accepted,
        counts.internal_fill_pct,
        counts.time_to_fill_days_median,
        counts.count_step,
        counts.year_start_on
    from counts
)

select * from reported
