{#-
An aggregate: the value below which a share (0 to 1) of the values lies, as a double,
interpolated between neighbours. The percentile at 0.5 is the median: of an even count
the mean of the middle two. Nulls do not count.
-#}
{% macro percentile(column, share) -%}
    {{ return(adapter.dispatch('percentile', 'muster')(column, share)) }}
{%- endmacro %}

{% macro duckdb__percentile(column, share) -%}
    quantile_cont(cast({{ column }} as double), {{ share }})
{%- endmacro %}

{% macro spark__percentile(column, share) -%}
    percentile(cast({{ column }} as double), {{ share }})
{%- endmacro %}
