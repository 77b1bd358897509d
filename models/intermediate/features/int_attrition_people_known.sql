{#- What moves a person when it changes: by transfer, and by promotion. -#}
{% set place_columns = ['company_id', 'department_id', 'branch_id'] %}
{% set rank_columns = ['designation_id', 'grade_id'] %}

{% set kinds = {
    'placed': place_columns, 'ranked': rank_columns, 'managed': ['manager_person_id'],
} %}

{#- The first of the twelve months that end with this one. -#}
{% set year_ago = dbt.dateadd('month', -11, 'months.month_start_on') %}

with months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

employments as (
    select * from {{ ref('int_employments_known') }}
),

assignments as (
    select * from {{ ref('int_assignments_known') }}
),

numbered_employments as (
    select
        employments.*,
        min(employments.started_on) over (
            partition by employments.known_at, employments.person_id
        ) as first_started_on
    from employments
),

compared_assignments as (
    select
        assignments.*,
        {% for column in place_columns + rank_columns + ['manager_person_id'] -%}
        lag(assignments.{{ column }}) over (
            partition by assignments.known_at, assignments.employment_id
            order by assignments.effective_from nulls last
        ) as previous_{{ column }},
        {% endfor -%}
        row_number() over (
            partition by assignments.known_at, assignments.employment_id
            order by assignments.effective_from nulls last
        ) as assignment_number
    from assignments
),

changes as (
    select
        compared_assignments.known_at,
        compared_assignments.employment_id,
        {% for kind, columns in kinds.items() -%}
        greatest(
            0,
            {% for column in columns -%}
            case
                when
                    coalesce(compared_assignments.{{ column }}, '')
                    <> coalesce(compared_assignments.previous_{{ column }}, '')
                    then 1
                else 0
            end{% if not loop.last %},{% endif %}
            {% endfor %}
        ) as is_{{ kind }}_anew,
        {% endfor -%}
        compared_assignments.effective_from as changed_on
    from compared_assignments
    where compared_assignments.assignment_number > 1
),

monthly_changes as (
    select
        months.month_start_on,
        changes.employment_id,
        sum(
            case
                when changes.changed_on >= {{ year_ago }}
                    then changes.is_placed_anew
            end
        ) as transfers_12_months,
        sum(
            case
                when
                    changes.changed_on >= {{ year_ago }}
                    and changes.is_placed_anew = 0
                    then changes.is_ranked_anew
            end
        ) as promotions_12_months,
        sum(
            case
                when changes.changed_on >= {{ year_ago }}
                    then changes.is_managed_anew
            end
        ) as manager_changes_12_months,
        max(
            case
                when changes.is_placed_anew + changes.is_ranked_anew > 0
                    then changes.changed_on
            end
        ) as last_moved_on
    from months
    inner join changes
        on
            months.known_at = changes.known_at
            and months.month_end_on >= changes.changed_on
    group by months.month_start_on, changes.employment_id
),

employed as (
    select
        assignments.person_id,
        assignments.manager_person_id,
        assignments.record_id,
        numbered_employments.employee_number,
        assignments.company_id,
        assignments.department_id,
        assignments.branch_id,
        assignments.designation_id,
        assignments.grade_id,
        assignments.employment_type_id,
        numbered_employments.employment_number,
        {{ dbt.datediff(
            'numbered_employments.started_on', 'months.month_end_on', 'day'
        ) }} as tenure_days,
        {{ dbt.datediff(
            'numbered_employments.first_started_on', 'months.month_end_on', 'day'
        ) }} as first_tenure_days,
        extract(year from months.month_end_on)
        - extract(year from numbered_employments.born_on)
        - case
            when
                extract(month from months.month_end_on)
                < extract(month from numbered_employments.born_on)
                then 1
            else 0
        end as age_years,
        coalesce(monthly_changes.transfers_12_months, 0) as transfers_12_months,
        coalesce(monthly_changes.promotions_12_months, 0) as promotions_12_months,
        coalesce(monthly_changes.manager_changes_12_months, 0)
            as manager_changes_12_months,
        {{ dbt.datediff(
            'monthly_changes.last_moved_on', 'months.month_end_on', 'day'
        ) }} as days_since_last_move,
        months.is_backfilled,
        coalesce(numbered_employments.resigned_on <= months.month_end_on, false)
            as has_given_notice,
        case
            when not months.is_backfilled
                then numbered_employments.ended_on < cast('9999-12-31' as date)
        end as is_exit_recorded,
        months.month_start_on,
        months.month_end_on,
        months.known_at
    from months
    inner join assignments
        on
            months.known_at = assignments.known_at
            and months.month_end_on >= assignments.effective_from
            and months.month_end_on < assignments.effective_to
    inner join numbered_employments
        on
            assignments.known_at = numbered_employments.known_at
            and assignments.employment_id = numbered_employments.employment_id
            and months.month_end_on >= numbered_employments.started_on
            and months.month_end_on < numbered_employments.ended_on
    left join monthly_changes
        on
            months.month_start_on = monthly_changes.month_start_on
            and assignments.employment_id = monthly_changes.employment_id
),

teams as (
    select
        employed.month_start_on,
        employed.manager_person_id,
        count(*) as reports
    from employed
    where employed.manager_person_id is not null
    group by employed.month_start_on, employed.manager_person_id
),

people as (
    select
        {{ pseudonym('employed.person_id') }} as employee_key,
        employed.record_id,
        employed.employee_number,
        employed.person_id,
        employed.company_id,
        employed.department_id,
        employed.branch_id,
        employed.designation_id,
        employed.grade_id,
        employed.employment_type_id,
        employed.employment_number,
        employed.tenure_days,
        employed.first_tenure_days,
        cast(employed.age_years as bigint) as age_years,
        coalesce(own_teams.reports, 0) as direct_reports,
        teams.reports as team_size,
        managers.tenure_days as manager_tenure_days,
        cast(employed.transfers_12_months as bigint) as transfers_12_months,
        cast(employed.promotions_12_months as bigint) as promotions_12_months,
        cast(employed.manager_changes_12_months as bigint) as manager_changes_12_months,
        employed.days_since_last_move,
        employed.is_backfilled,
        employed.has_given_notice,
        employed.is_exit_recorded,
        employed.month_start_on,
        employed.month_end_on,
        employed.known_at
    from employed
    left join teams
        on
            employed.month_start_on = teams.month_start_on
            and employed.manager_person_id = teams.manager_person_id
    left join teams as own_teams
        on
            employed.month_start_on = own_teams.month_start_on
            and employed.person_id = own_teams.manager_person_id
    left join employed as managers
        on
            employed.month_start_on = managers.month_start_on
            and employed.manager_person_id = managers.person_id
)

select * from people
