{#- An empty table for a seed, with a file that has its columns, also where no row follows. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set sql -%}
        create table {{ this }} as
        select
            {%- for name in agate_table.column_names %}
            cast(null as {{ seed_type(model, agate_table, loop.index0) }}) as {{ name }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        where 1 = 0
    {%- endset -%}
    {%- call statement('empty') -%}{{ sql }}{%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}


{#- The rows of a seed: dbt's own writes nulls as the text None. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set values = [] -%}
        {%- for value in row -%}
            {%- set text = value | string | replace('\\', '\\\\') | replace("'", "\\'") -%}
            {%- do values.append(
                'cast(' ~ ('null' if value is none else "'" ~ text ~ "'") ~ ' as '
                ~ seed_type(model, agate_table, loop.index0) ~ ')'
            ) -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set sql = 'insert into ' ~ this ~ ' values ' ~ rows | join(', ') -%}
    {%- do adapter.add_query(sql, abridge_sql_log=true) -%}
    {{ return(sql) }}
{%- endmacro %}


{#- The type of a seed's column, by its position: what is declared, else what dbt guesses. -#}
{% macro seed_type(model, agate_table, position) -%}
    {{ return(
        model.config.get('column_types', {}).get(agate_table.column_names[position])
        or adapter.convert_type(agate_table, position)
    ) }}
{%- endmacro %}
