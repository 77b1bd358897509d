{#-
When each version was known: `known()` at every instant at once, used by staging alone.

Emits a select of the versions that `known()` gives at any instant up to `as_at`, with
the half-open time over which it gives them: from `known_from`, when the load completed
that brought the version, to `known_to`, when one did that brought a better version or
the removal; 9999-12-31 where none did. What was known at an instant is one filter:
`known_from <= instant and known_to > instant`. Arguments are those of `known()`.
-#}
{% macro known_versions(dataset, table, key, version=[], removed_as=none) -%}
    {%- set identity = key + ['_dlt_load_id'] -%}
    {%- if key == ['name'] -%}{%- set identity = identity + ['modified'] -%}{%- endif -%}
    select known_periods.*
    from (
        select
            ranked_versions.*,
            {% if removed_as is none -%}
            ranked_versions.superseded_at as known_to
            {%- else -%}
            least(
                ranked_versions.superseded_at,
                coalesce(removed_versions.removed_at, {{ never() }})
            ) as known_to
            {%- endif %}
        from (
            select
                log_rows.*,
                loads.completed_at as known_from,
                coalesce(
                    min(loads.completed_at) over (
                        partition by {{ key | join(', ') }}
                        order by {{ newest_first(version) }}
                        rows between unbounded preceding and 1 preceding
                    ),
                    {{ never() }}
                ) as superseded_at
            from {{ source(dataset, table) }} as log_rows
            inner join ({{ completed_load_instants(dataset) }}) as loads
                on log_rows._dlt_load_id = loads.load_id
        ) as ranked_versions
        {%- if removed_as is not none %}
        left join (
            select
                {% for column in identity -%}
                versions.{{ column }},
                {% endfor -%}
                min(removal_loads.completed_at) as removed_at
            from {{ source(dataset, table) }} as versions
            inner join ({{ removals(dataset, removed_as) }}) as removals
                on {{ removes('versions', key) }}
            inner join ({{ completed_load_instants(dataset) }}) as removal_loads
                on removals._dlt_load_id = removal_loads.load_id
            group by
                {% for column in identity -%}
                versions.{{ column }}{{ ',' if not loop.last }}
                {% endfor %}
        ) as removed_versions
            on
                {% for column in identity -%}
                ranked_versions.{{ column }} = removed_versions.{{ column }}
                {%- if not loop.last %} and {% endif %}
                {% endfor %}
        {%- endif %}
    ) as known_periods
    where known_periods.known_from < known_periods.known_to
{%- endmacro %}


{#- The instant that never comes, for what is still known. -#}
{% macro never() -%}
    cast('9999-12-31 00:00:00' as timestamp)
{%- endmacro %}
