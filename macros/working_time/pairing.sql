{#-
What the rows of `int_punches_paired` were made by, as a key: its own text, that of the
staging model that it reads, and the inputs. Rows made by anything else are made again.
-#}
{% macro pairing_rules() -%}
    {%- set made_by = namespace(text=working_time('longest_session_hours') | string) -%}
    {#- There is no graph while dbt parses, nor in a unit test. -#}
    {%- set nodes = graph.get('nodes', {}) if execute else {} -%}
    {%- for name in ['int_punches_paired', 'stg_attendance__deliveries'] -%}
        {%- set node = nodes.get('model.' ~ project_name ~ '.' ~ name, {}) -%}
        {%- set made_by.text = made_by.text ~ '|' ~ node.get('raw_code', '') -%}
    {%- endfor -%}
    {{ return(local_md5(made_by.text)) }}
{%- endmacro %}


{#-
Forgets all that was paired where it was paired by other rules, or from a load that is not
known any more, as with an earlier `as_at`: then everything is paired again.

- loads: the loads that are known.
-#}
{% macro forget_other_pairings(loads) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where exists (
            select 1
            from (
                select
                    paired.load_id,
                    min(paired.rules_key) as least_rules_key,
                    max(paired.rules_key) as greatest_rules_key
                from {{ this }} as paired
                group by paired.load_id
            ) as paired_loads
            left join {{ loads }} as loads
                on
                    paired_loads.load_id = loads.load_id
                    and loads.source_name = 'attendance'
            where
                loads.load_id is null
                or paired_loads.least_rules_key <> '{{ pairing_rules() }}'
                or paired_loads.greatest_rules_key <> '{{ pairing_rules() }}'
        )
    {%- endif -%}
{%- endmacro %}
