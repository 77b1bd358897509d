{#- The last of the 90 days that the label looks ahead. -#}
{% set label_ends_on = dbt.dateadd('day', 90, 'people.month_end_on') %}

{%- set leave_features = {
    'absence_days_90': 'decimal(9, 1)', 'absence_days_12_months': 'decimal(9, 1)',
    'absence_spells_12_months': 'bigint',
    'annual_leave_days_12_months': 'decimal(9, 1)',
    'other_leave_days_12_months': 'decimal(9, 1)',
} %}

with people as (
    select * from {{ ref('int_attrition_people_known') }}
),

leave as (
    select * from {{ ref('int_attrition_leave_known') }}
),

pay as (
    select * from {{ ref('int_attrition_pay_known') }}
),

weekly_hours as (
    select * from {{ ref('int_attrition_hours_known') }}
),

labels as (
    select * from {{ ref('int_labels_known') }}
),

branch_countries as (
    select * from {{ ref('branches') }}
),

country_names as (
    select * from {{ ref('country_names') }}
),

areas as (
    select * from {{ ref('un_m49') }}
),

full_time_hours as (
    select * from {{ ref('full_time_hours') }}
),

records as (
    select * from {{ ref('int_records_known') }}
    where is_now
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

sources_ended as (
    select * from {{ ref('int_sources_ended') }}
),

absences_ended as (
    select * from {{ ref('int_absences_ended') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- What the places and titles were called then. Of whom nothing was heard any more at a
-- close, it is not known whether they were there.
labelled as (
    select
        people.*,
        coalesce(departments.link_label, people.department_id, 'Unassigned')
            as department,
        coalesce(designations.link_label, people.designation_id, 'Unassigned')
            as designation,
        coalesce(branch_countries.country_code, country_names.country_code)
            as country_code
    from people
    left join labels as departments
        on
            people.department_id = departments.link_value
            and departments.field_name = 'department'
            and people.known_at >= departments.known_from
            and people.known_at < departments.known_to
    left join labels as designations
        on
            people.designation_id = designations.link_value
            and designations.field_name = 'designation'
            and people.known_at >= designations.known_from
            and people.known_at < designations.known_to
    left join labels as companies
        on
            people.company_id = companies.link_value
            and companies.field_name = 'company'
            and people.known_at >= companies.known_from
            and people.known_at < companies.known_to
    left join branch_countries
        on people.branch_id = branch_countries.branch
    left join country_names
        on companies.link_label = country_names.country_name
    left join records
        on people.record_id = records.record_id
    left join employments
        on records.employment_id = employments.employment_id
    left join sources_ended
        on employments.source_name = sources_ended.source_name
    where
        people.month_end_on
        < coalesce(sources_ended.unknown_since_on, cast('9999-12-31' as date))
),

-- The truth as it is known now, by the record that covered the close.
outcomes as (
    select
        people.employee_key,
        people.month_start_on,
        case
            when
                reporting_period.as_at_on > cast({{ label_ends_on }} as date)
                and people.month_end_on >= employments.started_on
                and people.month_end_on < employments.ended_on
                and coalesce(
                    sources_ended.unknown_since_on > cast({{ label_ends_on }} as date)
                    or sources_ended.unknown_since_on >= employments.ended_on,
                    true
                )
                then
                    coalesce(employments.exit_kind = 'voluntary', false)
                    and employments.ended_on <= cast({{ label_ends_on }} as date)
        end as is_voluntary_leaver_90_days
    from people
    cross join reporting_period
    inner join records
        on people.record_id = records.record_id
    inner join employments
        on records.employment_id = employments.employment_id
    left join sources_ended
        on employments.source_name = sources_ended.source_name
),

described as (
    select
        {{ surrogate_key(['labelled.employee_key', 'labelled.month_start_on']) }}
            as attrition_key,
        cast(labelled.employee_key as string) as employee_key,
        cast(labelled.company_id as string) as company,
        cast(labelled.department as string) as department,
        cast(labelled.branch_id as string) as branch,
        cast(areas.country_name as string) as country,
        cast(coalesce(areas.sub_region_name, 'Unknown') as string) as region,
        cast(labelled.designation as string) as designation,
        cast(labelled.grade_id as string) as grade,
        cast(labelled.employment_type_id as string) as employment_type,
        cast(labelled.employment_number as bigint) as employment_number,
        cast(labelled.tenure_days as bigint) as tenure_days,
        cast(labelled.first_tenure_days as bigint) as first_tenure_days,
        cast(labelled.age_years as bigint) as age_years,
        cast(weekly_hours.weekly_hours as decimal(5, 2)) as weekly_hours,
        cast(
            coalesce(
                round(
                    cast(weekly_hours.weekly_hours as double)
                    / nullif(full_time_hours.weekly_hours, 0),
                    4
                ),
                1
            ) as decimal(9, 4)
        ) as fte,
        cast(labelled.direct_reports as bigint) as direct_reports,
        cast(labelled.team_size as bigint) as team_size,
        cast(labelled.manager_tenure_days as bigint) as manager_tenure_days,
        cast(labelled.days_since_last_move as bigint) as days_since_last_move,
        cast(labelled.transfers_12_months as bigint) as transfers_12_months,
        cast(labelled.promotions_12_months as bigint) as promotions_12_months,
        cast(labelled.manager_changes_12_months as bigint)
            as manager_changes_12_months,
        {% for feature, type in leave_features.items() -%}
        case
            when absences_ended.unknown_since_on is null
                then cast(coalesce(leave.{{ feature }}, 0) as {{ type }})
        end as {{ feature }},
        {% endfor -%}
        -- In bands and whole per cents: digits of a ratio give back what it is made of.
        cast(
            case
                when pay.pay_position_pct >= 75 then 75
                else 25 * floor(pay.pay_position_pct / 25)
            end as bigint
        ) as pay_position_pct,
        cast(round(pay.pay_change_12_months_pct) as bigint) as pay_change_12_months_pct,
        cast(round(pay.overtime_3_months_pct) as bigint) as overtime_3_months_pct,
        pay.has_bonus_12_months,
        labelled.has_given_notice,
        labelled.is_exit_recorded,
        labelled.is_backfilled,
        outcomes.is_voluntary_leaver_90_days,
        labelled.month_start_on,
        labelled.month_end_on,
        cast(labelled.known_at as timestamp) as known_at
    from labelled
    left join weekly_hours
        on
            labelled.employee_key = weekly_hours.employee_key
            and labelled.month_start_on = weekly_hours.month_start_on
    left join areas
        on labelled.country_code = areas.country_code
    left join full_time_hours
        on labelled.country_code = full_time_hours.country_code
    left join leave
        on
            labelled.person_id = leave.person_id
            and labelled.month_start_on = leave.month_start_on
    left join absences_ended
        on
            coalesce(labelled.company_id, '') = coalesce(absences_ended.company_id, '')
            and labelled.month_end_on >= absences_ended.unknown_since_on
    left join pay
        on
            labelled.employee_key = pay.employee_key
            and labelled.month_start_on = pay.month_start_on
    left join outcomes
        on
            labelled.employee_key = outcomes.employee_key
            and labelled.month_start_on = outcomes.month_start_on
)

select * from described
