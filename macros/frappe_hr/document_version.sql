{#- What a document and its child rows share: the load that brought them, and which. -#}
{% macro document_version(modified) -%}
    cast(known._dlt_load_id || ' ' || cast({{ modified }} as string) as string)
{%- endmacro %}
