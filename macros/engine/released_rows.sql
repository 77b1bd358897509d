{#- The rows of a table as the current release holds them, from its Parquet file. -#}
{% macro released_rows(model, path) -%}
    {{ return(adapter.dispatch('released_rows', 'muster')(model, path)) }}
{%- endmacro %}


{#- Columns that the current release has not yet are null. -#}
{% macro duckdb__released_rows(model, path) -%}
    select * from {{ model }} where false
    union all by name
    select * from read_parquet('{{ path | replace("'", "''") }}')
{%- endmacro %}


{% macro spark__released_rows(model, path) -%}
    select * from parquet.`{{ path }}`
{%- endmacro %}
