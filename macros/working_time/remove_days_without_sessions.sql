{#-
Removes from `fct_working_days` the days of which nothing is left, as where the only punch of
a day turns out to close a session of the day before.

- sessions: the sessions.
-#}
{% macro remove_days_without_sessions(sessions) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} as written
        where not exists (
            select 1
            from {{ sessions }} as sessions
            where
                sessions.employee_key = written.employee_key
                and sessions.worked_on = written.worked_on
        )
    {%- endif -%}
{%- endmacro %}
