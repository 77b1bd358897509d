{#- The vars of `dbt_project.yml` that decide figures, each checked as it is taken. -#}

{#- The fewest people that a figure rests on, by what for: `dbt_project.yml` says why. Ten is
the least of what is published: `operations/attack` calls no number from ten on a secret, and
the steps of counts are made for it. -#}
{% macro minimum_people(of) -%}
    {%- for former in ['disclosure', 'adjusted_pay_gap_minimum'] if var(former, none) -%}
        {{ exceptions.raise_compiler_error(
            "The var " ~ former ~ " is no more: give its numbers in minimum_people."
        ) }}
    {%- endfor -%}
    {%- set given = var('minimum_people', none) -%}
    {%- do check_input('minimum_people', given, parts={
        'published_figure': {'least': 10, 'is_whole': true},
        'published_group': {'least': 10, 'is_whole': true},
        'regression': {'least': 1, 'is_whole': true},
    }) -%}
    {{ return(given[of]) }}
{%- endmacro %}


{#- To what published cost per full-time equivalent is rounded: about a thousandth of a
year's pay. Cost is rounded to a thousand times as much. -#}
{% macro published_money_step() -%}
    {%- set given = var('published_money_step', none) -%}
    {%- do check_input('published_money_step', given, least=1, is_whole=true) -%}
    {{ return(given) }}
{%- endmacro %}


{% macro reporting_currency() -%}
    {%- set given = var('reporting_currency', none) -%}
    {%- do check_input(
        'reporting_currency', given, like='[A-Z]{3}',
        give='a currency by ISO 4217, such as EUR'
    ) -%}
    {{ return(given) }}
{%- endmacro %}


{#- A day that the calendar starts or ends on: `dim_date` has it checked for all. -#}
{% macro calendar_day(name) -%}
    {%- set given = var(name, none) -%}
    {%- do check_input(
        name, given, like='\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])',
        give='a date in quotes, such as "1950-01-01"'
    ) -%}
    {{ return(given) }}
{%- endmacro %}


{% macro working_time(name) -%}
    {%- set given = var('working_time', none) -%}
    {%- do check_input('working_time', given, parts={
        'longest_session_hours': {'least': 1, 'greatest': 24, 'is_whole': true},
        'weekly_hours_limit': {'least': 1, 'greatest': 168},
        'reference_weeks': {'least': 1, 'greatest': 52, 'is_whole': true},
        'daily_rest_hours': {'least': 1, 'greatest': 24},
    }) -%}
    {{ return(given[name]) }}
{%- endmacro %}


{#- The inputs of the pay gap by regime. What one of them may be depends on others. -#}
{% macro pay_gap_regimes() -%}
    {%- set given = var('pay_gap', none) -%}
    {%- set regimes = {} -%}
    {%- for regime in ['eu', 'uk', 'ie'] -%}
        {%- set inputs = (given if given is mapping else {}).get(regime) -%}
        {%- set inputs = inputs if inputs is mapping else {} -%}
        {%- set population = inputs.get('population') -%}
        {%- set is_snapshot = population in ['full_pay_relevant', 'employed_on_snapshot'] -%}
        {%- set may_have_no_threshold = regime in ['uk', 'ie'] -%}
        {%- set has_annual = 'annual' in inputs.get('basis') | string -%}
        {%- do regimes.update({regime: {'parts': {
            'population': {'choices': [
                'paid_in_the_year', 'full_pay_relevant', 'employed_on_snapshot'
            ]},
            'basis': {'some_of': ['hourly'], 'give':
                'a list of hourly (a snapshot has no annual pay)'
            } if is_snapshot else {'some_of': ['hourly', 'annual']},
            'annual_pay_level': {'choices': ['annualised', 'as_paid']} if has_annual
                else {'choices': [none], 'give': 'null: basis has no annual pay'},
            'snapshot': {
                'like': '06-(0[1-9]|[12]\\d|30)', 'give': "a day in June, such as '06-30'"
            } if population == 'employed_on_snapshot' else {
                'like': '(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])'
                    ~ '|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8])',
                'give': "a month and day that every year has, such as '04-05'"
            } if is_snapshot else {'choices': [none], 'give':
                'null: those paid in the year have no snapshot date'
            },
            'component_population': {'choices': ['all', 'recipients']},
            'whose_sex': {'choices': ['recorded_or_neither', 'recorded']},
            'median': {'choices': ['mean_of_middle_two']},
            'quartile_ties': {'choices': ['proportional']},
            'quartile_remainder': {'choices': ['low_first']},
            'joint_assessment_threshold': {'choices': [none]}
                if may_have_no_threshold and inputs.get('joint_assessment_threshold') is none
                else {'least': 0, 'give': 'per cent, 0 or more'
                    ~ (', or null for none' if may_have_no_threshold else '')},
        }}}) -%}
    {%- endfor -%}
    {%- do check_input('pay_gap', given, parts=regimes) -%}
    {{ return(given) }}
{%- endmacro %}
