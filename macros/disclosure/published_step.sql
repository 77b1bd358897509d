{#- The steps of published figures by what they are: nothing between them is told. -#}
{% macro published_step(kind) -%}
    {{ return({'count': 5, 'cost': 100000, 'cost_per_fte': 100, 'coarse_pct': 5}[kind]) }}
{%- endmacro %}


{#- A number to the nearest multiple of a step, half away from zero. -#}
{% macro rounded_to(number, step) -%}
    round(cast({{ number }} as double) / {{ step }}) * {{ step }}
{%- endmacro %}


{#- A share in per cent with one decimal. The last division is by ten: a half is exact. -#}
{% macro published_pct(part, whole) -%}
    cast(
        round(1000 * cast({{ part }} as double) / nullif({{ whole }}, 0)) / 10
        as decimal(9, 1)
    )
{%- endmacro %}
