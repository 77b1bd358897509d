{#- How many people there must be of each measure in every period, for a group of its
own. -#}
{% set needed = {
    'headcount': minimum_people('published_group'),
    'joiners': minimum_people('published_figure'),
    'exits': minimum_people('published_figure'),
} %}

with contributions as (
    select * from {{ ref('fct_disclosure_contributions') }}
),

department_groups as (
    select * from {{ ref('dim_department_group') }}
),

members as (
    select distinct
        'department' as dimension,
        contributions.department as member,
        coalesce(department_groups.department_group, 'Unassigned') as whole
    from contributions
    left join department_groups
        on contributions.department = department_groups.department
    where contributions.department is not null
    union all
    select distinct
        'region' as dimension,
        contributions.region as member,
        contributions.region as whole
    from contributions
    where contributions.region is not null
),

wholes as (
    select distinct
        members.dimension,
        members.whole
    from members
),

measured as (
    select
        contributions.measure,
        contributions.period_start_on,
        contributions.person,
        contributions.department,
        contributions.region
    from contributions
    where
        contributions.measure in (
            {% for measure in needed -%}
            '{{ measure }}'{{ ',' if not loop.last }}
            {% endfor %}
        )
),

counted as (
    {% for dimension in ['department', 'region'] -%}
    select
        members.dimension,
        members.whole,
        measured.measure,
        measured.period_start_on,
        count(distinct measured.person) as people
    from measured
    inner join members
        on
            members.dimension = '{{ dimension }}'
            and measured.{{ dimension }} = members.member
    group by
        members.dimension,
        members.whole,
        measured.measure,
        measured.period_start_on
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

totals as (
    select
        measured.measure,
        measured.period_start_on,
        case measured.measure
            {% for measure, least in needed.items() -%}
            when '{{ measure }}' then {{ least }}
            {% endfor -%}
        end as needed,
        count(distinct measured.person) as people
    from measured
    group by measured.measure, measured.period_start_on
),

fewest as (
    select
        totals.*,
        min(totals.people) over (partition by totals.measure) as fewest_people
    from totals
),

-- What has not enough people for two groups is told of the whole company alone.
periods as (
    select
        fewest.measure,
        fewest.period_start_on,
        fewest.needed
    from fewest
    where
        fewest.measure = 'headcount'
        or fewest.fewest_people >= 2 * fewest.needed
),

-- How often over a whole has enough people, in the period in which it has fewest; where
-- it has no row it has none. The unassigned never are enough.
strengths as (
    select
        wholes.dimension,
        wholes.whole,
        min(
            case
                when wholes.whole in ('Unassigned', 'Unknown') then 0
                else coalesce(cast(counted.people as double), 0) / periods.needed
            end
        ) as strength,
        max(case when periods.measure = 'headcount' then counted.people end) as people
    from wholes
    cross join periods
    left join counted
        on
            wholes.dimension = counted.dimension
            and wholes.whole = counted.whole
            and periods.measure = counted.measure
            and periods.period_start_on = counted.period_start_on
    group by wholes.dimension, wholes.whole
),

-- From the weakest on: what is too small, and what it takes to make it big enough.
added as (
    select
        strengths.*,
        coalesce(
            sum(strengths.strength) over (
                partition by strengths.dimension
                order by
                    strengths.strength asc nulls last,
                    strengths.whole asc nulls last
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as strength_before,
        min(strengths.strength) over (partition by strengths.dimension)
            as least_strength
    from strengths
),

folded as (
    select
        added.*,
        added.strength < 1
        or (added.least_strength < 1 and added.strength_before < 1) as is_folded
    from added
),

-- A large group that small ones were added to keeps its name.
folded_together as (
    select
        folded.dimension,
        max(case when folded.strength >= 1 then folded.whole end) as largest,
        count(folded.people) as wholes_with_people
    from folded
    where folded.is_folded
    group by folded.dimension
),

named as (
    select
        folded.dimension,
        folded.whole,
        case
            when not folded.is_folded then folded.whole
            when folded_together.largest is null then 'Other'
            when folded_together.wholes_with_people = 1 then folded_together.largest
            else folded_together.largest || ' and other'
        end as published_group
    from folded
    left join folded_together
        on folded.dimension = folded_together.dimension
),

grouped as (
    select
        cast(members.dimension as string) as dimension,
        cast(members.member as string) as member,
        cast(named.published_group as string) as published_group
    from members
    inner join named
        on
            members.dimension = named.dimension
            and members.whole = named.whole
),

-- A dimension of one group says nothing more than the whole company does.
split as (
    select
        grouped.dimension,
        count(distinct grouped.published_group) as published_groups
    from grouped
    group by grouped.dimension
),

published as (
    select
        grouped.dimension,
        grouped.member,
        grouped.published_group
    from grouped
    inner join split
        on
            grouped.dimension = split.dimension
            and split.published_groups > 1
)

select * from published
