{#- A naive UTC timestamp as the naive local timestamp of a time zone. -#}
{% macro to_local(timestamp, time_zone) -%}
    {{ return(adapter.dispatch('to_local', 'muster')(timestamp, time_zone)) }}
{%- endmacro %}

{% macro duckdb__to_local(timestamp, time_zone) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro spark__to_local(timestamp, time_zone) -%}
    from_utc_timestamp({{ timestamp }}, {{ time_zone }})
{%- endmacro %}
