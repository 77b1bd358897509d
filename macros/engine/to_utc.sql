{#-
A naive local timestamp of a time zone as a naive UTC timestamp. Of an hour that the clock
repeats it is the later one.
-#}
{% macro to_utc(timestamp, time_zone) -%}
    {{ return(adapter.dispatch('to_utc', 'muster')(timestamp, time_zone)) }}
{%- endmacro %}

{% macro duckdb__to_utc(timestamp, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, {{ timestamp }}))
{%- endmacro %}

{#- Spark takes the earlier one. Lord Howe Island repeats half an hour. -#}
{% macro spark__to_utc(timestamp, time_zone) -%}
    {%- set earlier = 'to_utc_timestamp(' ~ timestamp ~ ', ' ~ time_zone ~ ')' -%}
    case
        {%- for minutes in [60, 30] %}
        {%- set later = dbt.dateadd('minute', minutes, earlier) %}
        when from_utc_timestamp({{ later }}, {{ time_zone }}) = {{ timestamp }}
            then {{ later }}
        {%- endfor %}
        else {{ earlier }}
    end
{%- endmacro %}
