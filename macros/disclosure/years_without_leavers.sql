{#- Years at whose end no leaver of anybody was known, of the CTE `turnover`. -#}
{% macro years_without_leavers() -%}
    select
        turnover.null_reason,
        cast({{ dbt.date_trunc('year', 'turnover.month_start_on') }} as date)
            as year_start_on
    from turnover
    where
        turnover.department = 'All'
        and turnover.region = 'All'
        and turnover.designation = 'All'
        and extract(month from turnover.month_start_on) = 12
        and turnover.null_reason = 'no_leavers_known'
{%- endmacro %}
