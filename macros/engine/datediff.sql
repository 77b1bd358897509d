{#-
How many bounds of a part of time lie between, as DuckDB counts them: dbt's own counts whole
months and hours. Of weeks each engine has bounds of its own: none are counted.
-#}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- set seconds = {'hour': 3600, 'minute': 60, 'second': 1} -%}
    {%- set months = {'month': 1, 'quarter': 3, 'year': 12} -%}
    {%- if datepart in seconds -%}
        {%- set begun = [] -%}
        {%- for each in [first_date, second_date] -%}
            {%- do begun.append(
                "unix_seconds(date_trunc('" ~ datepart ~ "', cast(" ~ each
                ~ " as timestamp)))"
            ) -%}
        {%- endfor -%}
        (({{ begun[1] }} - {{ begun[0] }}) div {{ seconds[datepart] }})
    {%- elif datepart in months -%}
        {%- set begun = [] -%}
        {%- for each in [first_date, second_date] -%}
            {%- do begun.append(
                '(12 * year(' ~ each ~ ') + month(' ~ each ~ ') - 1) div '
                ~ months[datepart]
            ) -%}
        {%- endfor -%}
        ({{ begun[1] }} - {{ begun[0] }})
    {%- elif datepart == 'day' -%}
        cast(
            datediff(cast({{ second_date }} as date), cast({{ first_date }} as date))
            as bigint
        )
    {%- else -%}
        {{ exceptions.raise_compiler_error('datediff counts no ' ~ datepart ~ ' here.') }}
    {%- endif -%}
{%- endmacro %}
