{#- dbt's own drops what is less than a second. The answer is a timestamp. -#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd(
        {{ datepart }},
        cast({{ interval }} as int),
        cast({{ from_date_or_timestamp }} as timestamp)
    )
{%- endmacro %}
