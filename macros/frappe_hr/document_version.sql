{#- What a document and its child rows share: the load that brought them, and which. -#}
{% macro document_version(modified) -%}
    cast(known._dlt_load_id || ' ' || cast({{ modified }} as string) as string)
{%- endmacro %}


{#- The day on which a document was saved, which is none after it was read. -#}
{% macro saved_on() -%}
    least(cast(known.modified as date), cast(known.known_from as date))
{%- endmacro %}
