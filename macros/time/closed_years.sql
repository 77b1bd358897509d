{#- Years of which every month is closed, by their last day: of the CTEs `dates`, the
calendar, and `reporting_period`. -#}
{% macro closed_years() -%}
    select
        dates.calendar_year as reference_year,
        dates.date_on as closes_on
    from dates
    inner join reporting_period
        on
            cast(cast(dates.calendar_year as string) || '-01-01' as date)
            >= reporting_period.first_month_on
            and cast(cast(dates.calendar_year as string) || '-12-01' as date)
            <= reporting_period.last_month_on
    where dates.calendar_month = 12 and dates.day_of_month = 31
{%- endmacro %}
