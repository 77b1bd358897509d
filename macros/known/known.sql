{#-
The rules of known time, used by staging alone. `known` tells what was known at `as_at`,
`known_versions` by the same rules when each version was.

Emits a select of the rows that were known at `as_at`: rows of completed loads, loaded
at or before it, one row per key, the newest version. A version that was loaded twice
counts once, as first seen. Where the source deletes, a key that was deleted after its
newest version is gone.

- dataset, table: the source's name and table.
- key: columns that identify a record.
- version: columns that order its versions, the newest greatest. Without it a record has
  one version and the first one seen counts.
- first: columns that decide between equal versions, the least first.
- deleted_doctype: the doctype whose hard deletes the HR system reports.
-#}
{% macro known(dataset, table, key, version=[], first=[], deleted_doctype=none) -%}
    select known_versions.*
    from (
        select
            log_rows.*,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by {{ newest_first(version, first) }}
            ) as known_rank
        from {{ source(dataset, table) }} as log_rows
        where log_rows._dlt_load_id in ({{ completed_loads(dataset) }})
    ) as known_versions
    where
        known_versions.known_rank = 1
        {%- if deleted_doctype is not none %}
        and not exists (
            select 1
            from {{ source(dataset, 'deleted_documents') }} as deletions
            where
                {{ deletes(deleted_doctype, 'known_versions') }}
                and deletions._dlt_load_id in ({{ completed_loads(dataset) }})
        )
        {%- endif %}
{%- endmacro %}


{#- The order in which rows of one key count: the newest version, as first seen. -#}
{% macro newest_first(version, first) -%}
    {% for column in version -%}
        {{ column }} desc nulls last,
    {% endfor -%}
    {% for column in first -%}
        {{ column }} asc nulls last,
    {% endfor -%}
    _dlt_load_id asc nulls last
{%- endmacro %}


{#- Whether a deletion came after a version: one that was restored since is there. -#}
{% macro deletes(deleted_doctype, versions) -%}
    deletions.deleted_doctype = '{{ deleted_doctype }}'
    and deletions.deleted_name = {{ versions }}.name
    and deletions.creation >= {{ versions }}.modified
{%- endmacro %}


{#- The ids of the loads that had completed at `as_at`. -#}
{% macro completed_loads(dataset) -%}
    select completed.load_id
    from {{ source(dataset, '_dlt_loads') }} as completed
    where {{ had_completed() }}
{%- endmacro %}


{#- The same loads, with the instant at which each brought what it brought. -#}
{% macro completed_load_instants(dataset) -%}
    select
        completed.load_id,
        min(cast(completed.inserted_at as timestamp)) as completed_at
    from {{ source(dataset, '_dlt_loads') }} as completed
    where {{ had_completed() }}
    group by completed.load_id
{%- endmacro %}


{% macro had_completed() -%}
        completed.status = 0
        {%- if as_at() is not none %}
        and cast(completed.inserted_at as timestamp)
            <= cast('{{ as_at() }}' as timestamp)
        {%- endif %}
{%- endmacro %}
