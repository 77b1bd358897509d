with employees as (
    select * from {{ ref('int_employees_conformed') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

ranked_employments as (
    select
        employments.*,
        min(employments.started_on) over (
            partition by employments.employee_key
        ) as first_started_on,
        row_number() over (
            partition by employments.employee_key
            order by employments.employment_number desc nulls last
        ) as employment_rank
    from employments
),

-- What holds today; for who left what held last, for who is yet to come what is first.
ranked_history as (
    select
        history.*,
        row_number() over (
            partition by history.employee_key
            order by
                case
                    when history.effective_from <= reporting_period.as_at_on then 0
                    else 1
                end asc nulls last,
                abs({{ dbt.datediff(
                    'history.effective_from', 'reporting_period.as_at_on', 'day'
                ) }}) asc nulls last
        ) as history_rank
    from history
    cross join reporting_period
),

current_state as (
    select
        employees.employee_key,
        ranked_history.manager_employee_key,
        ranked_history.department_key,
        ranked_history.designation_key,
        ranked_history.location_key,
        ranked_history.company,
        ranked_history.department,
        ranked_history.branch,
        ranked_history.country,
        ranked_history.region,
        ranked_history.designation,
        ranked_history.grade,
        ranked_history.employment_type,
        employees.gender,
        ranked_employments.exit_kind,
        ranked_employments.employment_number,
        ranked_history.fte,
        case
            when
                ranked_history.effective_to > ranked_history.unknown_since_on
                and ranked_history.unknown_since_on <= reporting_period.as_at_on
                then null
            else
                ranked_history.effective_from <= reporting_period.as_at_on
                and ranked_history.effective_to > reporting_period.as_at_on
        end as is_active,
        ranked_employments.employment_number > 1 as is_rehire,
        ranked_employments.first_started_on as first_hired_on,
        ranked_employments.started_on as hired_on,
        ranked_employments.ended_on as left_on
    from employees
    inner join ranked_employments
        on
            employees.employee_key = ranked_employments.employee_key
            and ranked_employments.employment_rank = 1
    inner join ranked_history
        on
            employees.employee_key = ranked_history.employee_key
            and ranked_history.history_rank = 1
    cross join reporting_period
)

select * from current_state
