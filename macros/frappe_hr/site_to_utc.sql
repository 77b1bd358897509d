{#- A timestamp of the HR system, naive in its site's time zone, as naive UTC. -#}
{% macro site_to_utc(column) -%}
    {%- set time_zone -%}
        (
            select max(site.time_zone)
            from {{ ref('stg_frappe_hr__system_settings') }} as site
            where site.known_to = {{ never() }}
        )
    {%- endset -%}
    {{ to_utc(column, time_zone) }}
{%- endmacro %}
