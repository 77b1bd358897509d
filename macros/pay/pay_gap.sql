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
        'whose_sex': ['recorded_or_neither', 'recorded'],
        'median': ['mean_of_middle_two'],
        'quartile_ties': ['proportional'],
        'quartile_remainder': ['low_first'],
    } -%}
    {%- set names = choices | list
        + ['basis', 'annual_pay_level', 'snapshot', 'joint_assessment_threshold'] -%}
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
    {%- set annual_level = inputs.annual_pay_level -%}
    {%- if 'annual' in inputs.basis and annual_level not in ['annualised', 'as_paid'] -%}
        {%- do reject_pay_gap(
            regime, 'annual_pay_level', annual_level, 'annualised or as_paid'
        ) -%}
    {%- elif 'annual' not in inputs.basis and annual_level is not none -%}
        {%- do reject_pay_gap(
            regime, 'annual_pay_level', annual_level,
            'null: basis has no annual pay'
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
The pay levels that are compared: a list of regime, basis, the columns of
`fct_pay_levels` with gross pay, basic pay and components on it, whether it is what
`is_assumed` of a pay level is about, whether a difference on it is held against the
threshold, and the threshold. Of the two annual levels the input `annual_pay_level` is
held against it; the other is shown beside it.
-#}
{% macro pay_gap_bases() -%}
    {%- set columns = {
        'hourly': {
            'gross': 'hourly_gross', 'basic': 'hourly_basic',
            'components': 'hourly_component',
        },
        'annualised': {
            'gross': 'annualised_gross', 'basic': 'annualised_basic',
            'components': 'annualised_component',
        },
        'as_paid': {
            'gross': 'gross_pay', 'basic': 'basic_pay', 'components': 'component_pay',
        },
    } -%}
    {%- set found = [] -%}
    {%- for regime, inputs in pay_gap_regimes().items() -%}
        {%- set levels = ['hourly'] if 'hourly' in inputs.basis else [] -%}
        {%- if 'annual' in inputs.basis -%}
            {%- set levels = levels + ['annualised', 'as_paid'] -%}
        {%- endif -%}
        {%- for basis in levels -%}
            {%- do found.append({
                'regime': regime, 'basis': basis, 'columns': columns[basis],
                'is_assumed_by_level': basis == 'annualised'
                    or inputs.population == 'full_pay_relevant',
                'is_judged': basis in ['hourly', inputs.annual_pay_level],
                'threshold_pct': inputs.joint_assessment_threshold,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
