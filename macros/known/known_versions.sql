{#-
When each version was known: `known()` at every instant at once, used by staging alone.

Emits a select of the versions that `known()` gives at any instant up to `as_at`, with
the half-open time over which it gives them: from `known_from`, when the load completed
that brought the version, to `known_to`, when one did that brought a better version or
the deletion; 9999-12-31 where none did. What was known at an instant is one filter:
`known_from <= instant and known_to > instant`. Arguments are those of `known()`.
-#}
{% macro known_versions(
    dataset, table, key, version=[], first=[], deleted_doctype=none
) -%}
    select known_periods.*
    from (
        select
            ranked_versions.*,
            {% if deleted_doctype is none -%}
            ranked_versions.superseded_at as known_to
            {%- else -%}
            least(
                ranked_versions.superseded_at,
                coalesce(removals.removed_at, {{ never() }})
            ) as known_to
            {%- endif %}
        from (
            select
                log_rows.*,
                loads.completed_at as known_from,
                coalesce(
                    min(loads.completed_at) over (
                        partition by {{ key | join(', ') }}
                        order by {{ newest_first(version, first) }}
                        rows between unbounded preceding and 1 preceding
                    ),
                    {{ never() }}
                ) as superseded_at
            from {{ source(dataset, table) }} as log_rows
            inner join ({{ completed_load_instants(dataset) }}) as loads
                on log_rows._dlt_load_id = loads.load_id
        ) as ranked_versions
        {%- if deleted_doctype is not none %}
        left join (
            select
                versions.name,
                versions.modified,
                min(deletion_loads.completed_at) as removed_at
            from {{ source(dataset, table) }} as versions
            inner join {{ source(dataset, 'deleted_documents') }} as deletions
                on {{ deletes(deleted_doctype, 'versions') }}
            inner join ({{ completed_load_instants(dataset) }}) as deletion_loads
                on deletions._dlt_load_id = deletion_loads.load_id
            group by versions.name, versions.modified
        ) as removals
            on
                ranked_versions.name = removals.name
                and ranked_versions.modified = removals.modified
        {%- endif %}
    ) as known_periods
    where known_periods.known_from < known_periods.known_to
{%- endmacro %}


{#- The instant that never comes, for what is still known. -#}
{% macro never() -%}
    cast('9999-12-31 00:00:00' as timestamp)
{%- endmacro %}
