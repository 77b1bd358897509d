{#-
Emits a select of the versions of a staging view as they were known at each instant of
`int_known_instants_resolved`: its columns, `known_at` and `is_now`.
-#}
{% macro as_known(view) -%}
    select
        instants.known_at,
        instants.is_now,
        versions.*
    from {{ ref('int_known_instants_resolved') }} as instants
    inner join {{ ref(view) }} as versions
        on
            instants.known_at >= versions.known_from
            and instants.known_at < versions.known_to
{%- endmacro %}
