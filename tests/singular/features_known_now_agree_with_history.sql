{{ config(group='people_analytics', meta={'requirement': 'BR-16.1'}) }}

-- Months that are known as of now hold everybody as the history does, and nobody else.
{% set columns = [
    'company', 'department', 'branch', 'region', 'designation', 'grade',
    'employment_type', 'employment_number', 'fte',
] %}

with features as (
    select * from {{ ref('ftr_attrition_monthly') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

months as (
    select * from {{ ref('int_feature_months_resolved') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

months_known_now as (
    select
        months.month_start_on,
        months.month_end_on
    from months
    inner join reporting_period
        on months.known_at = reporting_period.as_at
),

features_known_now as (
    select features.*
    from features
    inner join months_known_now
        on features.month_start_on = months_known_now.month_start_on
),

expected as (
    select
        history.*,
        months_known_now.month_start_on
    from history
    inner join months_known_now
        on
            history.effective_from <= months_known_now.month_end_on
            and history.effective_to > months_known_now.month_end_on
)

select
    expected.employee_key,
    expected.month_start_on,
    features_known_now.employee_key as featured_employee_key,
    features_known_now.month_start_on as featured_month_start_on
from expected
full outer join features_known_now
    on
        expected.employee_key = features_known_now.employee_key
        and expected.month_start_on = features_known_now.month_start_on
where
    expected.employee_key is null
    or features_known_now.employee_key is null
    {%- for column in columns %}
    or coalesce(cast(expected.{{ column }} as string), '')
    <> coalesce(cast(features_known_now.{{ column }} as string), '')
    {%- endfor %}
