{#- Why a figure is null of people whose HR system is heard of no more, of the day. -#}
{% macro unknown_reason(unknown_since_on) -%}
    cast('not_known_beyond_' || cast({{ unknown_since_on }} as string) as string)
{%- endmacro %}


{#-
Measures of cells, by the types that they have, each null with its reason in cells where
somebody's HR system is heard of no more.
-#}
{% macro known_measures(cells, measures) -%}
    {{ unknown_reason(cells ~ '.unknown_since_on') }} as null_reason,
    {%- for measure, type in measures.items() %}
        cast(
            case
                when {{ cells }}.unknown_since_on is null then {{ cells }}.{{ measure }}
            end as {{ type }}
        ) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
