{#- The rows of a seed: dbt's own writes nulls as the text None. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set rows = [] -%}
    {#- Without a row there is none of nulls: a table has a file that says its columns. -#}
    {%- for row in agate_table.rows or [{}] -%}
        {%- set values = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- set value = row.get(name) -%}
            {%- set text = value | string | replace('\\', '\\\\') | replace("'", "\\'") -%}
            {%- do values.append(
                'cast(' ~ ('null' if value is none else "'" ~ text ~ "'") ~ ' as '
                ~ types.get(name, adapter.convert_type(agate_table, loop.index0)) ~ ')'
            ) -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set sql -%}
        insert into {{ this }} select * from values {{ rows | join(', ') }}
        {%- if not agate_table.rows %} where 1 = 0{% endif %}
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=true) -%}
    {{ return(sql) }}
{%- endmacro %}
