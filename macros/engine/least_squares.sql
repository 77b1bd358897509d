{#-
An aggregate: the ordinary least squares of an outcome on several columns, with an
intercept, by a function that the connection brings. No value may be null. The answer is
read with `fitted`, by position from 1: observations, degrees of freedom, R squared, then
the coefficients, that of the intercept first, then their standard errors; null where
there is none. A column that those before it determine is left out.
-#}
{% macro least_squares(outcome, columns) -%}
    {{ return(adapter.dispatch('least_squares', 'muster')(outcome, columns)) }}
{%- endmacro %}

{% macro duckdb__least_squares(outcome, columns) -%}
    least_squares(
        list([
            {%- for column in [outcome] + columns %}
            cast({{ column }} as double){% if not loop.last %},{% endif %}
            {%- endfor %}
        ])
    )
{%- endmacro %}

{% macro spark__least_squares(outcome, columns) -%}
    least_squares(
        collect_list(array(
            {%- for column in [outcome] + columns %}
            cast({{ column }} as double){% if not loop.last %},{% endif %}
            {%- endfor %}
        ))
    )
{%- endmacro %}


{#- The value at a position, from 1, of what `least_squares` gave. -#}
{% macro fitted(fit, position) -%}
    {{ return(adapter.dispatch('fitted', 'muster')(fit, position)) }}
{%- endmacro %}

{% macro duckdb__fitted(fit, position) -%}
    {{ fit }}[cast({{ position }} as bigint)]
{%- endmacro %}

{% macro spark__fitted(fit, position) -%}
    element_at({{ fit }}, cast({{ position }} as int))
{%- endmacro %}
