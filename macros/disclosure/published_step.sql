{#- The steps of published figures by what they are: nothing between them is told. -#}
{% macro published_step(kind) -%}
    {{ return({
        'count': 5,
        'cost': 1000 * published_money_step(),
        'cost_per_fte': published_money_step(),
    }[kind]) }}
{%- endmacro %}


{#-
The step of a share of so many people, in per cent: one person is no more than a step.
Else whoever reads a few shares could tell how many people they are of.
-#}
{% macro share_step(people) -%}
    cast(
        case
            when {{ people }} >= 1000 then 0.1
            when {{ people }} >= 100 then 1
            else 5
        end as decimal(9, 1)
    )
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
