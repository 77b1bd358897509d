{#- The var `reporting_currency`, checked. -#}
{% macro reporting_currency() -%}
    {%- set given = var('reporting_currency', none) -%}
    {%- if not modules.re.fullmatch('[A-Z]{3}', given | string) -%}
        {{ exceptions.raise_compiler_error(
            "The var reporting_currency is '" ~ given
            ~ "': give a currency by ISO 4217, such as EUR."
        ) }}
    {%- endif -%}
    {{ return(given) }}
{%- endmacro %}
