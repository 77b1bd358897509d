{#- A naive local timestamp of a time zone as a naive UTC timestamp. -#}
{% macro to_utc(timestamp, time_zone) -%}
    {{ return(adapter.dispatch('to_utc', 'muster')(timestamp, time_zone)) }}
{%- endmacro %}

{% macro duckdb__to_utc(timestamp, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, {{ timestamp }}))
{%- endmacro %}

{% macro spark__to_utc(timestamp, time_zone) -%}
    to_utc_timestamp({{ timestamp }}, {{ time_zone }})
{%- endmacro %}
