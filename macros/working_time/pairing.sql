{#-
What sessions were paired by, as a key: the text of the models that pair them and of those
that choose what is read, and the inputs. What was made by anything else is made again.
-#}
{% macro pairing_rules() -%}
    {%- set made_by = namespace(text=working_time('longest_session_hours') | string) -%}
    {#- There is no graph while dbt parses, nor in a unit test. -#}
    {%- set nodes = graph.get('nodes', {}) if execute else {} -%}
    {%- for name in [
        'fct_working_days', 'int_punches_changed', 'int_sessions_paired',
        'int_working_days_due', 'stg_attendance__deliveries',
    ] -%}
        {%- set node = nodes.get('model.' ~ project_name ~ '.' ~ name, {}) -%}
        {%- set made_by.text = made_by.text ~ '|' ~ node.get('raw_code', '') -%}
    {%- endfor -%}
    {{ return(local_md5(made_by.text)) }}
{%- endmacro %}


{#-
The table of sessions that the last build left, where they were paired by these rules.

- inputs_paired: what they were made from.
-#}
{% macro sessions_to_change(inputs_paired) -%}
    {%- if execute -%}
        {%- set stored = load_relation(
            this.incorporate(path={'identifier': 'int_sessions_paired'})
        ) -%}
        {%- if stored and first_value(
            "select count(*) from " ~ inputs_paired
            ~ " where input_kind = 'rules' and input_id = '" ~ pairing_rules() ~ "'"
        ) -%}
            {{ return(stored) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


{#-
Whether a model that is built on what was there has to write no more than what changed.

- changed: `int_punches_changed`.
-#}
{% macro writes_changes_alone(changed) -%}
    {{ return(
        execute
        and is_incremental()
        and not first_value(
            'select count(*) from ' ~ changed ~ ' where is_everything'
        )
    ) }}
{%- endmacro %}


{#-
The spans of time in which all punches lie that are read to pair the days that changed, as
text: `[[from, to], ...]`, the latter outside. They let the engine skip files.

- changed: `int_punches_changed`.
-#}
{% macro spans_around(changed) -%}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set days = run_query(
        'select distinct device_on from ' ~ changed
        ~ ' where device_on is not null order by device_on'
    ).columns[0].values() -%}
    {%- set day = modules.datetime.timedelta(days=1) -%}
    {%- set spans = [] -%}
    {%- for each in days -%}
        {%- set joined = spans.pop() if spans and each - day <= spans[-1][1] -%}
        {%- do spans.append([joined[0] if joined else each - day, each + 2 * day]) -%}
    {%- endfor -%}
    {#- Many spans are worth one: each is asked of every row. -#}
    {{ return(
        [[spans[0][0], spans[-1][1]]] if spans | length > 50 else spans
    ) }}
{%- endmacro %}


{#- A condition: an instant, or a day, lies within one of some spans of time. -#}
{% macro lies_within(instant, spans, type='timestamp') -%}
    (
        {% for from, to in spans -%}
        (
            {{ instant }} >= cast('{{ from }}' as {{ type }})
            and {{ instant }} < cast('{{ to }}' as {{ type }})
        )
        {{ 'or' if not loop.last }}
        {%- else -%}
        1 = 0
        {%- endfor %}
    )
{%- endmacro %}


{#-
A condition: a load is none of those that all tables have taken in. Its ids are told, for
the engine to skip the files of others; where they are very many, all are read.

- load_id: the column.
- loads: the loads that are known.
- inputs_paired: what has been taken in.
-#}
{% macro is_of_a_new_load(load_id, loads, inputs_paired) -%}
    {%- if not execute -%}
        {{ return('1 = 0') }}
    {%- endif -%}
    {%- set found = run_query(
        "select load_id from " ~ loads ~ " where source_name = 'attendance' except"
        ~ " select input_id from " ~ inputs_paired
        ~ " where input_kind = 'load' group by input_id having count(*) = 3"
    ).columns[0].values() -%}
    {%- if found | length > 1000 -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {{ return(
        load_id ~ " in ('" ~ found | join("', '") ~ "')" if found else '1 = 0'
    ) }}
{%- endmacro %}


{#- The first value of the first row that a query gives, while dbt compiles. -#}
{% macro first_value(query) -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{%- endmacro %}


{#-
A hook before a table is written: removes the days of people that are written again.

- written: the table.
- person, day: its columns, and those of `again`.
- again: which days of whom are written again.
- changed: `int_punches_changed`.
- changes_alone: whether no others are.
-#}
{% macro remove_days(written, person, day, again, changed, changes_alone) -%}
    {%- if changes_alone or is_incremental() -%}
        delete from {{ written }}
        {%- if changes_alone %}
        where {{ lies_within(day, spans_around(changed), 'date') }}
        and ({{ person }}, {{ day }}) in (
            select
                again.{{ person }},
                again.{{ day }}
            from {{ again }} as again
            where again.{{ day }} is not null
        )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#-
Hooks that keep `int_inputs_paired`. An input that changed is listed by each table that has
taken it in. One that cannot be in the transaction that writes the table, as DuckDB has
none over two databases, is listed before by that it has begun.

- inputs_paired: the list.
- changed: `int_punches_changed`.
- taken_by: `sessions`, `days begun` or `days`.
-#}
{% macro list_inputs(inputs_paired, changed, taken_by) -%}
    {{ return(adapter.dispatch('list_inputs', 'muster')(
        inputs_paired, changed, taken_by
    )) }}
{%- endmacro %}


{#- Where all tables are written whole, nothing is listed. -#}
{% macro spark__list_inputs(inputs_paired, changed, taken_by) -%}
{%- endmacro %}


{% macro duckdb__list_inputs(inputs_paired, changed, taken_by) -%}
    insert into {{ inputs_paired }}
    select distinct
        changed.input_kind,
        changed.input_id,
        changed.employee_key,
        changed.time_zone,
        changed.decides_from,
        '{{ taken_by }}' as taken_by
    from {{ changed }} as changed
    where not changed.is_gone
    except
    select * from {{ inputs_paired }}
{%- endmacro %}


{#-
Removes from the list what the table, that has taken it in, is rid of.
-#}
{% macro forget_inputs(inputs_paired, changed, taken_by) -%}
    {{ return(adapter.dispatch('forget_inputs', 'muster')(
        inputs_paired, changed, taken_by
    )) }}
{%- endmacro %}


{% macro spark__forget_inputs(inputs_paired, changed, taken_by) -%}
{%- endmacro %}


{% macro duckdb__forget_inputs(inputs_paired, changed, taken_by) -%}
    delete from {{ inputs_paired }} as inputs
    where
        inputs.taken_by in ('{{ taken_by }}', '{{ taken_by }} begun')
        and exists (
            select 1
            from {{ changed }} as changed
            where
                changed.is_gone
                and changed.input_kind = inputs.input_kind
                and changed.input_id = inputs.input_id
                and changed.employee_key is not distinct from inputs.employee_key
                and changed.time_zone is not distinct from inputs.time_zone
                and changed.decides_from is not distinct from inputs.decides_from
        )
{%- endmacro %}
