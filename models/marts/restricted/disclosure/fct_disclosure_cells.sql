{% set minimum = minimum_people('published_figure') %}
{% set known_to_all = "'headcount', 'joiners', 'exits'" %}

with contributions as (
    select * from {{ ref('fct_disclosure_contributions') }}
),

published_groups as (
    select * from {{ ref('dim_published_group') }}
),

grouped as (
    select
        'company' as dimension,
        'All' as published_group,
        contributions.measure,
        contributions.person,
        contributions.events,
        contributions.amount,
        contributions.period_start_on
    from contributions
    {% for dimension in ['department', 'region'] -%}
    union all
    select
        '{{ dimension }}' as dimension,
        published_groups.published_group,
        contributions.measure,
        contributions.person,
        contributions.events,
        contributions.amount,
        contributions.period_start_on
    from contributions
    inner join published_groups
        on
            published_groups.dimension = '{{ dimension }}'
            and contributions.{{ dimension }} = published_groups.member
    {% endfor %}
),

by_person as (
    select
        grouped.dimension,
        grouped.published_group,
        grouped.measure,
        grouped.person,
        sum(grouped.events) as events,
        case when count(grouped.amount) = count(*) then sum(grouped.amount) end
            as amount,
        grouped.period_start_on
    from grouped
    group by
        grouped.dimension,
        grouped.published_group,
        grouped.measure,
        grouped.person,
        grouped.period_start_on
),

ranked as (
    select
        by_person.*,
        row_number() over (
            partition by
                by_person.dimension,
                by_person.published_group,
                by_person.measure,
                by_person.period_start_on
            order by by_person.amount desc nulls last, by_person.person asc nulls last
        ) as place
    from by_person
),

summed as (
    select
        ranked.dimension,
        ranked.published_group,
        ranked.measure,
        count(*) as people,
        sum(ranked.events) as events,
        case when count(ranked.amount) = count(*) then sum(ranked.amount) end
            as amount,
        case
            when count(ranked.amount) = count(*)
                then {{ percentile('ranked.amount', 0.5) }}
        end as amount_median,
        max(case when ranked.place = 1 then ranked.amount end) as amount_largest,
        sum(case when ranked.place > 2 then ranked.amount else 0 end)
            as amount_of_others,
        ranked.period_start_on
    from ranked
    group by
        ranked.dimension,
        ranked.published_group,
        ranked.measure,
        ranked.period_start_on
),

flows as (
    select 'joiners' as measure
    union all
    select 'exits' as measure
),

-- Where nobody is, there is a cell all the same: a row that is missing tells that.
lines as (
    select distinct
        contributions.measure,
        contributions.period_start_on,
        contributions.department is not null as has_place
    from contributions
    union distinct
    select
        flows.measure,
        years.period_start_on,
        true as has_place
    from contributions as years
    cross join flows
    where years.measure <> 'headcount'
),

places as (
    select
        'company' as dimension,
        'All' as published_group
    union distinct
    select
        published_groups.dimension,
        published_groups.published_group
    from published_groups
),

counted_places as (
    select
        places.*,
        count(*) over (partition by places.dimension) as published_groups,
        count(*) over () > 1 as is_divided
    from places
),

cells as (
    select
        places.dimension,
        places.published_group,
        lines.measure,
        coalesce(summed.people, 0) as people,
        coalesce(summed.events, 0) as events,
        summed.amount,
        summed.amount_median,
        coalesce(summed.amount_largest, 0) as amount_largest,
        coalesce(summed.amount_of_others, 0) as amount_of_others,
        places.published_groups,
        places.is_divided,
        lines.period_start_on
    from counted_places as places
    inner join lines
        on places.dimension = 'company' or lines.has_place
    left join summed
        on
            places.dimension = summed.dimension
            and places.published_group = summed.published_group
            and lines.measure = summed.measure
            and lines.period_start_on = summed.period_start_on
),

-- Who is second may not get near the first one's amount.
judged as (
    select
        cells.*,
        cells.people >= {{ minimum }}
        and (
            cells.measure not in ('cost', 'lost_days', 'worked_hours')
            or 10 * cells.amount_of_others >= cells.amount_largest
        ) as is_enough
    from cells
),

-- All groups of a dimension are told, or none: no small one is the rest of a total. How
-- many are there, come and leave is known to everybody in the company.
told as (
    select
        judged.*,
        case
            when
                judged.dimension = 'company'
                and judged.measure in ({{ known_to_all }})
                then true
            else
                sum(case when judged.is_enough then 1 else 0 end) over (
                    partition by
                        judged.dimension, judged.measure, judged.period_start_on
                ) = judged.published_groups
        end as is_told,
        case
            when
                not judged.is_divided
                and judged.measure in ({{ known_to_all }})
                then 1
            else {{ published_step('count') }}
        end as count_step
    from judged
),

reported as (
    select
        case
            when told.dimension = 'department' then told.published_group
            else 'All'
        end as department_group,
        case
            when told.dimension = 'region' then told.published_group
            else 'All'
        end as region,
        told.measure,
        cast(told.people as bigint) as people,
        cast(told.events as bigint) as events,
        cast({{ rounded_to('told.events', 'told.count_step') }} as bigint)
            as rounded_events,
        cast(told.amount as decimal(28, 8)) as amount,
        cast(told.amount_median as double) as amount_median,
        cast(told.count_step as bigint) as count_step,
        told.is_told,
        told.period_start_on
    from told
)

select * from reported
