{#-
Schemas are named by area alone: each environment is a folder of its own. Where an engine has
no databases, those of few and those for everyone carry their audience: `restricted_people`,
`published`.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ adapter.dispatch('generate_schema_name', 'muster')(custom_schema_name, node) | trim }}
{%- endmacro %}

{% macro duckdb__generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{% macro spark__generate_schema_name(custom_schema_name, node) -%}
    {%- set area = '' if custom_schema_name == 'main' else custom_schema_name -%}
    {{ [node.config.database, area] | select | join('_') or target.schema }}
{%- endmacro %}
