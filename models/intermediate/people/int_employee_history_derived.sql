{% set assignment_columns = [
    'manager_employee_key', 'company_id', 'department_id', 'branch_id',
    'designation_id', 'grade_id', 'employment_type_id',
] %}

with employments as (
    select * from {{ ref('int_employments_conformed') }}
),

assignments as (
    select * from {{ ref('int_assignments_conformed') }}
),

contracted_hours as (
    select * from {{ ref('int_contracted_hours_conformed') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

sources_ended as (
    select * from {{ ref('int_sources_ended') }}
),

-- Hours agreed before an employment began hold from its first day.
clipped_hours as (
    select
        employments.employment_id,
        contracted_hours.weekly_hours,
        greatest(contracted_hours.effective_from, employments.started_on)
            as effective_from,
        contracted_hours.effective_from as agreed_from
    from contracted_hours
    inner join employments
        on contracted_hours.employee_key = employments.employee_key
    where contracted_hours.effective_from < employments.ended_on
),

ranked_hours as (
    select
        clipped_hours.employment_id,
        clipped_hours.weekly_hours,
        clipped_hours.effective_from,
        row_number() over (
            partition by clipped_hours.employment_id, clipped_hours.effective_from
            order by clipped_hours.agreed_from desc nulls last
        ) as hours_rank
    from clipped_hours
),

employment_hours as (
    select * from ranked_hours
    where hours_rank = 1
),

change_days as (
    select
        assignments.employment_id,
        assignments.effective_from
    from assignments
    union distinct
    select
        employment_hours.employment_id,
        employment_hours.effective_from
    from employment_hours
),

changes as (
    select
        change_days.employment_id,
        {% for column in assignment_columns -%}
        assignments.{{ column }},
        {% endfor -%}
        employment_hours.weekly_hours,
        count(assignments.employment_id) over (
            partition by change_days.employment_id
            order by change_days.effective_from nulls last
            rows between unbounded preceding and current row
        ) as assignment_change,
        count(employment_hours.employment_id) over (
            partition by change_days.employment_id
            order by change_days.effective_from nulls last
            rows between unbounded preceding and current row
        ) as hours_change,
        change_days.effective_from
    from change_days
    left join assignments
        on
            change_days.employment_id = assignments.employment_id
            and change_days.effective_from = assignments.effective_from
    left join employment_hours
        on
            change_days.employment_id = employment_hours.employment_id
            and change_days.effective_from = employment_hours.effective_from
),

states as (
    select
        changes.employment_id,
        {% for column in assignment_columns -%}
        max(changes.{{ column }}) over (
            partition by changes.employment_id, changes.assignment_change
        ) as {{ column }},
        {% endfor -%}
        max(changes.weekly_hours) over (
            partition by changes.employment_id, changes.hours_change
        ) as weekly_hours,
        changes.effective_from
    from changes
),

identified_states as (
    select
        *,
        {{ surrogate_key(assignment_columns + ['weekly_hours']) }} as state_key
    from states
),

compared_states as (
    select
        identified_states.*,
        lag(identified_states.state_key) over (
            partition by identified_states.employment_id
            order by identified_states.effective_from nulls last
        ) as previous_state_key
    from identified_states
),

periods as (
    select
        compared_states.*,
        lead(compared_states.effective_from) over (
            partition by compared_states.employment_id
            order by compared_states.effective_from nulls last
        ) as next_effective_from
    from compared_states
    where
        compared_states.previous_state_key is null
        or compared_states.previous_state_key <> compared_states.state_key
),

derived as (
    select
        employments.source_name,
        periods.employment_id,
        employments.employee_key,
        {% for column in assignment_columns -%}
        periods.{{ column }},
        {% endfor -%}
        locations.location_key,
        employments.employment_number,
        cast(
            coalesce(
                round(
                    cast(periods.weekly_hours as double)
                    / nullif(locations.full_time_weekly_hours, 0),
                    4
                ),
                1
            ) as decimal(9, 4)
        ) as fte,
        periods.weekly_hours is null
        or locations.full_time_weekly_hours is null as is_fte_assumed,
        periods.effective_from,
        coalesce(periods.next_effective_from, employments.ended_on) as effective_to,
        sources_ended.unknown_since_on
    from periods
    inner join employments
        on periods.employment_id = employments.employment_id
    left join locations
        on
            periods.company_id = locations.company_id
            and coalesce(periods.branch_id, '') = coalesce(locations.branch_id, '')
    left join sources_ended
        on employments.source_name = sources_ended.source_name
)

select * from derived
