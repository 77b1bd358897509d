{% set place_columns = ['company_id', 'department_id', 'branch_id'] %}
{% set job_columns = ['designation_id', 'grade_id'] %}

with history as (
    select * from {{ ref('int_employee_history_derived') }}
),

compared as (
    select
        history.*,
        {% for column in place_columns + job_columns -%}
        lag(history.{{ column }}) over (
            partition by history.employment_id
            order by history.effective_from nulls last
        ) as previous_{{ column }},
        {% endfor -%}
        row_number() over (
            partition by history.employment_id
            order by history.effective_from nulls last
        ) as period_number
    from history
),

changed as (
    select
        compared.employment_id,
        compared.employee_key,
        (
            {% for column in place_columns -%}
            coalesce(compared.previous_{{ column }}, '')
            <> coalesce(compared.{{ column }}, '')
            {% if not loop.last %}or {% endif %}
            {%- endfor %}
        ) as is_place_changed,
        (
            {% for column in job_columns -%}
            coalesce(compared.previous_{{ column }}, '')
            <> coalesce(compared.{{ column }}, '')
            {% if not loop.last %}or {% endif %}
            {%- endfor %}
        ) as is_job_changed,
        compared.effective_from as moved_on
    from compared
    where compared.period_number > 1
),

derived as (
    select
        changed.employment_id,
        changed.employee_key,
        case when changed.is_place_changed then 'transfer' else 'promotion' end
            as move_kind,
        changed.moved_on
    from changed
    where changed.is_place_changed or changed.is_job_changed
)

select * from derived
