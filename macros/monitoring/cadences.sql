{#-
Emits a row for each source that says in its YAML how often it comes, and after how long it
is late: its name, its cadence in words, and the seconds. Exports by a company's mappings
come when somebody exports: none of them is late.
-#}
{% macro cadences() -%}
    {%- set seconds = {'minute': 60, 'hour': 3600, 'day': 86400} -%}
    {%- set found = {} -%}
    {%- for source in graph.get('sources', {}).values() -%}
        {%- if source.freshness and source.freshness.warn_after.count -%}
            {%- do found.update({source.source_name: source}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, source in found.items() | sort(attribute='0') %}
    select
        cast('{{ name }}' as string) as source_name,
        cast(
            '{{ source.source_meta.cadence }}' as string
        ) as cadence,
        cast(
            {{ source.freshness.warn_after.count }}
            * {{ seconds[source.freshness.warn_after.period | string] }} as bigint
        ) as late_after_seconds
    {% if not loop.last %}union all{% endif %}
    {%- else %}
    select
        cast(null as string) as source_name,
        cast(null as string) as cadence,
        cast(null as bigint) as late_after_seconds
    {%- endfor %}
{%- endmacro %}
