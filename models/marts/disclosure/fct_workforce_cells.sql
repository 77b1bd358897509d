{#- What changes a headcount, and on which side of the account it stands. -#}
{% set flows = {
    'joiners': (['hires', 'rehires'], 1),
    'transfers_in': (['transfers_in'], 1),
    'transfers_out': (['transfers_out'], -1),
    'exits_voluntary': (['exits_voluntary'], -1),
    'exits_otherwise': (['exits_involuntary', 'exits_other'], -1),
} %}
{% set exits = ['exits_voluntary', 'exits_otherwise'] %}

with movements as (
    select * from {{ ref('rpt_movements_monthly') }}
),

department_groups as (
    select * from {{ ref('dim_department_group') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

grouped as (
    select
        department_groups.department_group,
        movements.region,
        movements.opening_headcount,
        movements.closing_headcount,
        {% for flow, (columns, _) in flows.items() -%}
        movements.{{ columns | join(' + movements.') }}
        {%- if columns != [flow] %} as {{ flow }}{% endif %},
        {% endfor -%}
        movements.month_start_on,
        cast({{ dbt.date_trunc('year', 'movements.month_start_on') }} as date)
            as year_start_on
    from movements
    inner join department_groups
        on movements.department = department_groups.department
),

-- Flows are told by calendar year: in a month they are few.
years as (
    select grouped.year_start_on
    from grouped
    group by grouped.year_start_on
    having count(distinct grouped.month_start_on) = 12
),

counted as (
    select
        grouped.department_group,
        grouped.region,
        'headcount' as measure,
        grouped.closing_headcount as people,
        grouped.month_start_on as period_start_on
    from grouped
    union all
    select
        grouped.department_group,
        grouped.region,
        'headcount' as measure,
        grouped.opening_headcount as people,
        cast({{ dbt.dateadd('month', -1, 'grouped.month_start_on') }} as date)
            as period_start_on
    from grouped
    inner join reporting_period
        on grouped.month_start_on = reporting_period.first_month_on
    {% for flow in flows -%}
    union all
    select
        grouped.department_group,
        grouped.region,
        '{{ flow }}' as measure,
        grouped.{{ flow }} as people,
        grouped.year_start_on as period_start_on
    from grouped
    inner join years
        on grouped.year_start_on = years.year_start_on
    {% endfor %}
),

leaves as (
    select distinct
        counted.department_group,
        counted.region
    from counted
),

lines as (
    select distinct
        counted.measure,
        counted.period_start_on,
        {{ line_of('counted.measure', 'counted.period_start_on') }} as line
    from counted
),

-- Nobody is a figure too: whoever is somewhere may have been somewhere else.
complete as (
    select
        leaves.department_group,
        leaves.region,
        lines.measure,
        cast(0 as bigint) as people,
        lines.period_start_on
    from leaves
    cross join lines
    union all
    select * from counted
),

totalled as (
    select
        {{ total_label('complete.department_group') }} as department_group,
        {{ total_label('complete.region') }} as region,
        complete.measure,
        sum(complete.people) as people,
        complete.period_start_on
    from complete
    group by
        complete.measure,
        complete.period_start_on,
        cube(complete.department_group, complete.region)
),

with_exits as (
    select * from totalled
    union all
    select
        totalled.department_group,
        totalled.region,
        'exits' as measure,
        sum(totalled.people) as people,
        totalled.period_start_on
    from totalled
    where totalled.measure in ('exits_voluntary', 'exits_otherwise')
    group by
        totalled.department_group,
        totalled.region,
        totalled.period_start_on
),

cells as (
    select
        with_exits.department_group,
        with_exits.region,
        with_exits.measure,
        {{ line_of('with_exits.measure', 'with_exits.period_start_on') }} as line,
        cast(with_exits.people as bigint) as people,
        avg(with_exits.people) over (
            partition by
                with_exits.measure, with_exits.department_group, with_exits.region
        ) as usual_people,
        with_exits.measure = 'headcount'
        or with_exits.department_group = 'All'
        or with_exits.region = 'All' as is_shown,
        with_exits.period_start_on
    from with_exits
),

accounts as (
    {% for flow, (_, side) in flows.items() -%}
    select
        {{ dbt.date_trunc('year', 'years.year_start_on') }} as year_start_on,
        {{ line_of("'" ~ flow ~ "'", 'years.year_start_on') }} as line,
        {{ side }} as side
    from years
    union all
    {% endfor -%}
    {% for months, side in [(-1, 1), (11, -1)] -%}
    select
        {{ dbt.date_trunc('year', 'years.year_start_on') }} as year_start_on,
        {{ line_of(
            "'headcount'", dbt.dateadd('month', months, 'years.year_start_on')
        ) }} as line,
        {{ side }} as side
    from years
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

numbered_accounts as (
    select
        cast({{ dbt.datediff(
            "cast('1900-01-01' as date)", 'accounts.year_start_on', 'year'
        ) }} as bigint) as account,
        accounts.line,
        accounts.side
    from accounts
),

sums as (
    {% for part in exits -%}
    select
        {{ line_of("'exits'", 'years.year_start_on') }} as sum_line,
        {{ line_of("'" ~ part ~ "'", 'years.year_start_on') }} as line
    from years
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Over the whole company as many move in as out.
balances as (
    {% for flow, side in [('transfers_in', 1), ('transfers_out', -1)] -%}
    select
        years.year_start_on as balance,
        {{ line_of("'" ~ flow ~ "'", 'years.year_start_on') }} as line,
        {{ side }} as side
    from years
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

line_moves as (
    {{ tied_line_moves(
        lines='lines',
        accounts='numbered_accounts',
        sums='sums',
        balances='balances',
    ) | indent(4) }}
),

judged as (
    {{ protected_cells(
        cells='cells',
        dimensions=[['department_group'], ['region']],
        line='line',
        measures=['people'],
        minimum=disclosure_minimum(),
        loss='usual_people',
        published='is_shown',
        line_moves='line_moves',
    ) | indent(4) }}
),

reported as (
    select
        cast(judged.department_group as string) as department_group,
        cast(judged.region as string) as region,
        cast(judged.measure as string) as measure,
        judged.people,
        judged.is_published,
        judged.is_primary,
        judged.is_withheld,
        cast(judged.period_start_on as date) as period_start_on
    from judged
)

select * from reported
