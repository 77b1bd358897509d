{#-
Emits a select of the rows that exports gave to a table of the contract, with the half-open
time over which they counted: until a later export took their place. Of a table whose rows
say what was so on a day (`is_stated`), until another export told of that day. Of a table of
people `respelled_id` is the id as it counts, where it was written in another case before.
-#}
{% macro exported(table, is_stated=false, is_of_people=true) -%}
    select
        delivered.*,
        {%- if is_of_people %}
        ids_respelled.respelled_id,
        {%- endif %}
        table_exports.known_from,
        {{ 'table_exports.stated_to as known_to' if is_stated else 'table_exports.known_to' }}
    from {{ source('hr_tables', table) }} as delivered
    inner join {{ ref('stg_hr_tables__table_exports') }} as table_exports
        on
            delivered.source_name = table_exports.source_name
            and delivered.source_table = table_exports.source_table
            and delivered.export_key = table_exports.export_key
            and delivered._dlt_load_id = table_exports.load_id
            and delivered.exported_on = table_exports.exported_on
    {%- if is_of_people %}
    left join {{ ref('stg_hr_tables__ids_respelled') }} as ids_respelled
        on
            delivered.source_name = ids_respelled.source_name
            and delivered.person_id = ids_respelled.person_id
    {%- endif %}
    {%- if not is_stated %}
    where table_exports.known_from < table_exports.known_to
    {%- endif %}
{%- endmacro %}
