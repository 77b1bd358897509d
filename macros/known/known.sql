{#-
The rules of known time, used by staging alone. `known` tells what was known at `as_at`,
`known_versions` by the same rules when each version was.

Emits a select of the rows that were known at `as_at`: rows of completed loads, loaded
at or before it, one row per key, the newest version. A load tells what its source said
when it was read: so what arrived later counts, whatever the source's clock says of it. A
key that the source had no more when it was read last is gone.

- dataset, table: the source's name and table.
- key: columns that identify a record.
- version: columns that order the versions of one load, the newest greatest.
- removed_as: what the source calls such records where it tells of those removed.
-#}
{% macro known(dataset, table, key, version=[], removed_as=none) -%}
    select known_versions.*
    from (
        select
            log_rows.*,
            loads.completed_at as known_from,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by {{ newest_first(version) }}
            ) as known_rank
        from {{ source(dataset, table) }} as log_rows
        inner join ({{ completed_load_instants(dataset) }}) as loads
            on log_rows._dlt_load_id = loads.load_id
    ) as known_versions
    where
        known_versions.known_rank = 1
        {%- if removed_as is not none %}
        and not exists (
            select 1
            from ({{ removals(dataset, removed_as) }}) as removals
            where {{ removes('known_versions', key) }}
        )
        {%- endif %}
{%- endmacro %}


{#- The order in which rows of one key count. -#}
{% macro newest_first(version) -%}
    {% for column in ['_dlt_load_id'] + version -%}
        {{ column }} desc nulls last{% if not loop.last %},{% endif %}
    {% endfor %}
{%- endmacro %}


{#-
The removals that a source tells of, or that were noticed when it was read: `removed_key`,
the load that brought the word, and when the source says that it happened.
-#}
{% macro removals(dataset, removed_as) -%}
    {%- if dataset == 'frappe_hr' -%}
    select
        deletions.deleted_name as removed_key,
        deletions.creation as removed_local,
        deletions._dlt_load_id
    from {{ source('frappe_hr', 'deleted_documents') }} as deletions
    where
        deletions.deleted_doctype = '{{ removed_as }}'
        and deletions._dlt_load_id in ({{ completed_loads(dataset) }})
    union all
    select
        gone.name as removed_key,
        cast(null as timestamp) as removed_local,
        gone._dlt_load_id
    from {{ source('frappe_hr', 'gone_documents') }} as gone
    where
        gone.doctype = '{{ removed_as }}'
        and gone._dlt_load_id in ({{ completed_loads(dataset) }})
    {%- else -%}
    select
        gone.id as removed_key,
        cast(null as timestamp) as removed_local,
        gone._dlt_load_id
    from {{ source(dataset, 'gone_rows') }} as gone
    where
        gone.table_name = '{{ removed_as }}'
        and gone._dlt_load_id in ({{ completed_loads(dataset) }})
    {%- endif -%}
{%- endmacro %}


{#-
Whether a removal came after a version. What was read again later is there; so is what
was restored, or made anew under the same name, before it was read at all.
-#}
{% macro removes(versions, key) -%}
    removals.removed_key = {{ versions }}.{{ key | first }}
    and removals._dlt_load_id >= {{ versions }}._dlt_load_id
    {%- if key | first == 'name' %}
    and coalesce(removals.removed_local >= {{ versions }}.modified, true)
    {%- endif %}
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
