{#-
Emits a select of all rows that were known at `as_at`: rows of completed loads, loaded at or
before it. Unlike `known`, a record that was delivered more than once is there more than
once: for models that read new loads alone, to which ranking every row would cost more
each day.
-#}
{% macro delivered(dataset, table) -%}
    select log_rows.*
    from {{ source(dataset, table) }} as log_rows
    where log_rows._dlt_load_id in ({{ completed_loads(dataset) }})
{%- endmacro %}
