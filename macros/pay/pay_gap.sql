{#- The regimes whose population is one of those named, as a select of regime, population
and the day that a reference year ends with. -#}
{% macro pay_gap_regimes_of(populations) -%}
    {%- for regime, inputs in pay_gap_regimes().items()
        if inputs.population in populations -%}
    select
        '{{ regime }}' as regime,
        '{{ inputs.population }}' as population,
        '{{ inputs.snapshot or '12-31' }}' as snapshot_day
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- else -%}
    select
        '' as regime,
        '' as population,
        '' as snapshot_day
    where 1 = 0
    {%- endfor -%}
{%- endmacro %}


{#-
The pay levels that are compared: a list of regime, basis, the columns of
`fct_pay_levels` with gross pay, basic pay and components on it, what of a pay level says
that it rests on an assumption on this basis, whether a difference on it is held against the
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
            {%- set assumed = ['pay_levels.is_converted'] -%}
            {%- if basis == 'annualised' or inputs.snapshot -%}
                {%- set assumed = assumed + ['pay_levels.is_assumed'] -%}
            {%- endif -%}
            {%- if basis != 'as_paid' -%}
                {%- set assumed = assumed + ['pay_levels.is_hours_assumed'] -%}
            {%- endif -%}
            {%- do found.append({
                'regime': regime, 'basis': basis, 'columns': columns[basis],
                'assumed': assumed | join(' or '),
                'is_judged': basis in ['hourly', inputs.annual_pay_level],
                'threshold_pct': inputs.joint_assessment_threshold,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- Who is employed at any time of each of the CTE `snapshots`' days, of `history` and
`employments`. -#}
{% macro employed_at_any_time_of(day) -%}
    select distinct
        snapshots.regime,
        snapshots.company_id,
        snapshots.reference_year,
        snapshots.{{ day }},
        history.employee_key
    from snapshots
    inner join history
        on
            snapshots.company_id = history.company_id
            and snapshots.{{ day }} >= history.effective_from
            and history.effective_from < history.effective_to
    inner join employments
        on
            history.employment_id = employments.employment_id
            and (
                snapshots.{{ day }} < history.effective_to
                or (
                    snapshots.{{ day }} = history.effective_to
                    and history.effective_to = employments.ended_on
                )
            )
{%- endmacro %}
