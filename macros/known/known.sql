{#-
The rules of known time, used by staging alone.

Emits a select of the versions that counted at any instant up to `as_at`, with the
half-open time over which they did: from `known_from`, when the load completed that
brought the version, to `known_to`, when one did that brought a better version or the
removal; `never()` where none did. What was known at an instant is one filter:
`known_from <= instant and known_to > instant`; what is known at `as_at` another:
`known_to = {{ never() }}`.

A load tells what its source said when it was read: so what arrived later counts,
whatever the source's clock says of it. A key that the source had no more when it was
read last is gone.

- dataset, table: the source's name and table.
- key: columns that identify a record.
- version: columns that order the versions of one load, the newest greatest.
- newest: what orders all versions instead, the newest greatest; of `log_rows` and `loads`.
- removed_as: what the source calls such records where it tells of those removed.
-#}
{% macro known(dataset, table, key, version=[], newest=none, removed_as=none) -%}
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
                        partition by log_rows.{{ key | join(', log_rows.') }}
                        order by
                            {%- for column in newest or ['_dlt_load_id'] + version %}
                            {{ 'log_rows.' if not newest }}{{ column }} desc nulls last
                            {{- ',' if not loop.last }}
                            {%- endfor %}
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
                versions.{{ column }}
                {%- if not loop.last %},
                {% endif -%}
                {%- endfor %}
        ) as removed_versions
            on
                {% for column in identity -%}
                ranked_versions.{{ column }} = removed_versions.{{ column }}
                {%- if not loop.last %}
                and {% endif -%}
                {%- endfor %}
        {%- endif %}
    ) as known_periods
    where known_periods.known_from < known_periods.known_to
{%- endmacro %}


{#- The instant that never comes, for what is still known. -#}
{% macro never() -%}
    cast('9999-12-31 00:00:00' as timestamp)
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
    {{ versions }}.{{ key | first }} = removals.removed_key
    and {{ versions }}._dlt_load_id <= removals._dlt_load_id
    {%- if key | first == 'name' %}
    and coalesce({{ versions }}.modified <= removals.removed_local, true)
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
