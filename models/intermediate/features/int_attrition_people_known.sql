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

documents as (
    select * from {{ ref('int_frappe_hr_documents_known') }}
),

assignments as (
    select * from {{ ref('int_frappe_hr_assignments_known') }}
),

separation_versions as (
    select * from {{ ref('stg_frappe_hr__employee_separation_versions') }}
),

-- Who leaves on the day of joining was never employed at the close of a day.
employments as (
    select
        'frappe_hr:' || documents.employment_document_id as employment_id,
        'frappe_hr:' || documents.person_document_id as person_id,
        min(documents.document_from) as started_on,
        max(documents.document_to) as ended_on,
        documents.known_at
    from documents
    where documents.document_from < documents.document_to
    group by
        documents.employment_document_id,
        documents.person_document_id,
        documents.known_at
),

numbered_employments as (
    select
        employments.*,
        row_number() over (
            partition by employments.known_at, employments.person_id
            order by
                employments.started_on nulls last,
                employments.employment_id nulls last
        ) as employment_number,
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

resignations as (
    select
        months.month_start_on,
        separation_versions.employee_document_id,
        min(separation_versions.resigned_on) as resigned_on
    from months
    inner join separation_versions
        on
            months.known_at >= separation_versions.known_from
            and months.known_at < separation_versions.known_to
    where
        separation_versions.is_submitted
        and separation_versions.resigned_on is not null
    group by months.month_start_on, separation_versions.employee_document_id
),

-- The document that covers the close is the one that today's truth is found by.
covering_documents as (
    select
        months.month_start_on,
        months.month_end_on,
        months.is_backfilled,
        'frappe_hr:' || documents.employment_document_id as employment_id,
        documents.employee_document_id,
        documents.employee_number,
        documents.born_on,
        coalesce(documents.resigned_on, resignations.resigned_on) as resigned_on,
        documents.known_at,
        row_number() over (
            partition by months.month_start_on, documents.person_document_id
            order by
                documents.document_from desc nulls last,
                documents.employee_document_id desc nulls last
        ) as document_rank
    from months
    inner join documents
        on
            months.known_at = documents.known_at
            and months.month_end_on >= documents.document_from
            and months.month_end_on < documents.document_to
    left join resignations
        on
            months.month_start_on = resignations.month_start_on
            and documents.employee_document_id = resignations.employee_document_id
),

employed as (
    select
        assignments.person_id,
        assignments.manager_person_id,
        covering_documents.employee_document_id,
        covering_documents.employee_number,
        assignments.company_id,
        assignments.department_id,
        assignments.branch_id,
        assignments.designation_id,
        assignments.grade_id,
        assignments.employment_type_id,
        numbered_employments.employment_number,
        {{ dbt.datediff(
            'numbered_employments.started_on', 'covering_documents.month_end_on', 'day'
        ) }} as tenure_days,
        {{ dbt.datediff(
            'numbered_employments.first_started_on',
            'covering_documents.month_end_on',
            'day'
        ) }} as first_tenure_days,
        extract(year from covering_documents.month_end_on)
        - extract(year from covering_documents.born_on)
        - case
            when
                extract(month from covering_documents.month_end_on) * 100
                + extract(day from covering_documents.month_end_on)
                < extract(month from covering_documents.born_on) * 100
                + extract(day from covering_documents.born_on)
                then 1
            else 0
        end as age_years,
        coalesce(monthly_changes.transfers_12_months, 0) as transfers_12_months,
        coalesce(monthly_changes.promotions_12_months, 0) as promotions_12_months,
        coalesce(monthly_changes.manager_changes_12_months, 0)
            as manager_changes_12_months,
        {{ dbt.datediff(
            'monthly_changes.last_moved_on', 'covering_documents.month_end_on', 'day'
        ) }} as days_since_last_move,
        covering_documents.is_backfilled,
        coalesce(
            covering_documents.resigned_on <= covering_documents.month_end_on, false
        ) as has_given_notice,
        case
            when not covering_documents.is_backfilled
                then numbered_employments.ended_on < cast('9999-12-31' as date)
        end as is_exit_recorded,
        covering_documents.month_start_on,
        covering_documents.month_end_on,
        covering_documents.known_at
    from covering_documents
    inner join assignments
        on
            covering_documents.known_at = assignments.known_at
            and covering_documents.employment_id = assignments.employment_id
            and covering_documents.month_end_on >= assignments.effective_from
            and covering_documents.month_end_on < assignments.effective_to
    inner join numbered_employments
        on
            covering_documents.known_at = numbered_employments.known_at
            and covering_documents.employment_id = numbered_employments.employment_id
    left join monthly_changes
        on
            covering_documents.month_start_on = monthly_changes.month_start_on
            and covering_documents.employment_id = monthly_changes.employment_id
    where covering_documents.document_rank = 1
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
        employed.employee_document_id,
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
        employed.age_years,
        coalesce(own_teams.reports, 0) as direct_reports,
        teams.reports as team_size,
        managers.tenure_days as manager_tenure_days,
        employed.transfers_12_months,
        employed.promotions_12_months,
        employed.manager_changes_12_months,
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
