{#-
The inputs of the pay gap by regime, from the var `pay_gap`, checked: a dictionary from
regime to inputs. A wrong or missing input is an error when dbt parses.
-#}
{% macro pay_gap_regimes() -%}
    {%- set given = var('pay_gap', none) -%}
    {%- set regimes = ['eu', 'uk'] -%}
    {%- if given is not mapping or given | sort != regimes -%}
        {{ exceptions.raise_compiler_error(
            "The var pay_gap needs exactly the regimes eu and uk, each with its inputs: "
            ~ "see dbt_project.yml. Given: " ~ given
        ) }}
    {%- endif -%}
    {%- for regime in regimes -%}
        {%- do check_pay_gap(regime, given[regime]) -%}
    {%- endfor -%}
    {%- if given.eu.joint_assessment_threshold is none -%}
        {%- do reject_pay_gap(
            'eu', 'joint_assessment_threshold', none, 'per cent, 0 or more'
        ) -%}
    {%- endif -%}
    {{ return(given) }}
{%- endmacro %}


{% macro check_pay_gap(regime, inputs) -%}
    {%- set choices = {
        'population': ['paid_in_the_year', 'full_pay_relevant'],
        'component_population': ['all', 'recipients'],
        'median': ['mean_of_middle_two'],
        'quartile_ties': ['proportional'],
        'quartile_remainder': ['low_first'],
    } -%}
    {%- set names = choices | list
        + ['basis', 'snapshot', 'minimum_cell', 'joint_assessment_threshold'] -%}
    {%- if inputs is not mapping -%}
        {%- do reject_pay_gap(regime, '', inputs, 'its inputs by name') -%}
    {%- endif -%}
    {%- for name in names if name not in inputs -%}
        {{ exceptions.raise_compiler_error(
            "The var pay_gap." ~ regime ~ " lacks the input " ~ name
            ~ ": see dbt_project.yml for its default."
        ) }}
    {%- endfor -%}
    {%- for name in inputs if name not in names -%}
        {{ exceptions.raise_compiler_error(
            "The var pay_gap." ~ regime ~ " has no input " ~ name
            ~ "; it has " ~ names | sort | join(', ') ~ "."
        ) }}
    {%- endfor -%}
    {%- for name, values in choices.items() if inputs[name] not in values -%}
        {%- do reject_pay_gap(regime, name, inputs[name], values | join(' or ')) -%}
    {%- endfor -%}
    {%- set is_snapshot = inputs.population == 'full_pay_relevant' -%}
    {%- set bases = ['hourly'] if is_snapshot else ['hourly', 'annual'] -%}
    {%- if inputs.basis is string or inputs.basis is not sequence
        or inputs.basis | length == 0
        or inputs.basis | reject('in', bases) | list
        or inputs.basis | unique | list | length != inputs.basis | length -%}
        {%- do reject_pay_gap(
            regime, 'basis', inputs.basis,
            'a list of ' ~ bases | join(' and ')
            ~ (' (a pay period has no annual pay)' if is_snapshot else '')
        ) -%}
    {%- endif -%}
    {%- if is_snapshot and not modules.re.fullmatch(
        '(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])'
        ~ '|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8])',
        inputs.snapshot | string
    ) -%}
        {%- do reject_pay_gap(
            regime, 'snapshot', inputs.snapshot,
            "a month and day that every year has, such as '04-05'"
        ) -%}
    {%- elif not is_snapshot and inputs.snapshot is not none -%}
        {%- do reject_pay_gap(
            regime, 'snapshot', inputs.snapshot,
            'null: those paid in the year have no snapshot date'
        ) -%}
    {%- endif -%}
    {%- set least = inputs.minimum_cell -%}
    {%- if least is boolean or least is not integer or least < 1 -%}
        {%- do reject_pay_gap(
            regime, 'minimum_cell', least, 'a whole number of people, 1 or more'
        ) -%}
    {%- endif -%}
    {%- set threshold = inputs.joint_assessment_threshold -%}
    {%- if threshold is not none
        and (threshold is boolean or threshold is not number or threshold < 0) -%}
        {%- do reject_pay_gap(
            regime, 'joint_assessment_threshold', threshold,
            'per cent, 0 or more, or null where the law knows no joint assessment'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro reject_pay_gap(regime, name, value, expected) -%}
    {{ exceptions.raise_compiler_error(
        "The var pay_gap." ~ regime ~ ('.' if name else '') ~ name ~ " is "
        ~ value ~ ": give " ~ expected ~ "."
    ) }}
{%- endmacro %}


{#- The regimes whose population is the one named, as a select of regime and snapshot. -#}
{% macro pay_gap_regimes_of(population) -%}
    {%- set found = [] -%}
    {%- for regime, inputs in pay_gap_regimes().items()
        if inputs.population == population -%}
        {%- do found.append(
            "select '" ~ regime ~ "' as regime, '" ~ (inputs.snapshot or '')
            ~ "' as snapshot"
        ) -%}
    {%- endfor -%}
    {{ return(
        found | join(' union all ')
        if found else "select '' as regime, '' as snapshot where false"
    ) }}
{%- endmacro %}


{#-
What is compared within categories of workers: a list of regime, basis, component, the
column of `fct_pay_levels` and the threshold, for regimes that know a joint assessment.
-#}
{% macro pay_gap_comparisons_by_category() -%}
    {%- set columns = {
        'hourly': [
            ('gross', 'hourly_gross'), ('basic', 'hourly_basic'),
            ('components', 'hourly_component'),
        ],
        'annual': [
            ('gross', 'gross_pay'), ('basic', 'basic_pay'),
            ('components', 'component_pay'),
        ],
    } -%}
    {%- set comparisons = [] -%}
    {%- for regime, inputs in pay_gap_regimes().items()
        if inputs.joint_assessment_threshold is not none -%}
        {%- for basis in inputs.basis -%}
            {%- for component, column in columns[basis] -%}
                {%- do comparisons.append({
                    'regime': regime, 'basis': basis, 'component': component,
                    'column': column,
                    'threshold_pct': inputs.joint_assessment_threshold,
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(comparisons) }}
{%- endmacro %}
