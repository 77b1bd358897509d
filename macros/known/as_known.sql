{#-
Emits a select of the versions of a staging view as they were known at each instant of
`int_known_instants_resolved`: its columns, and those of the instant.
-#}
{% macro as_known(view) -%}
    select
        instants.known_at,
        instants.is_now,
        instants.as_at_on,
        versions.*
    from {{ ref('int_known_instants_resolved') }} as instants
    inner join {{ ref(view) }} as versions
        on
            instants.known_at >= versions.known_from
            and instants.known_at < versions.known_to
{%- endmacro %}
