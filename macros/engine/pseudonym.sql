{#- The keyed pseudonym of a person id: HMAC-SHA-256, by a function that the connection brings. -#}
{% macro pseudonym(column) -%}
    {{ return(adapter.dispatch('pseudonym', 'muster')(column)) }}
{%- endmacro %}

{% macro duckdb__pseudonym(column) -%}
    pseudonym({{ column }})
{%- endmacro %}

{% macro spark__pseudonym(column) -%}
    pseudonym({{ column }})
{%- endmacro %}
