-- Counts are exact, however few they are.

{#- What each disclosure counts, by what, whether by sex, and what its percentage is of:
`everybody` of those counted, the `group` of the second of two dimensions, or those
employed who are `alike`. `esrs_2023` is ESRS S1 of Delegated Regulation (EU) 2023/2772,
the others are GRI's with their years. -#}
{% set asked = [
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'all', 1, 'everybody'),
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'country', 0, 'everybody'),
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'contract_kind', 1, 'everybody'),
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'full_or_part_time', 1, 'everybody'),
    ('ESRS', 'esrs_2023', 'S1-6', 'left', 'all', 0, 'mean'),
    ('ESRS', 'esrs_2023', 'S1-6', 'left', 'exit_kind', 0, 'mean'),
    ('ESRS', 'esrs_2023', 'S1-9', 'top_management', 'all', 1, 'everybody'),
    ('ESRS', 'esrs_2023', 'S1-9', 'employed', 'age_band', 0, 'everybody'),
    ('GRI', '2021', '2-7', 'employed', 'all', 1, 'everybody'),
    ('GRI', '2021', '2-7', 'employed', 'region', 0, 'everybody'),
    ('GRI', '2021', '2-7', 'employed', 'contract_kind', 1, 'everybody'),
    ('GRI', '2021', '2-7', 'employed', 'contract_kind_by_region', 0, 'everybody'),
    ('GRI', '2021', '2-7', 'employed', 'full_or_part_time', 1, 'everybody'),
    ('GRI', '2021', '2-7', 'employed', 'full_or_part_time_by_region', 0, 'everybody'),
    ('GRI', '2016', '401-1', 'joined', 'all', 1, 'alike'),
    ('GRI', '2016', '401-1', 'joined', 'age_band', 0, 'alike'),
    ('GRI', '2016', '401-1', 'joined', 'region', 0, 'alike'),
    ('GRI', '2016', '401-1', 'left', 'all', 1, 'alike'),
    ('GRI', '2016', '401-1', 'left', 'age_band', 0, 'alike'),
    ('GRI', '2016', '401-1', 'left', 'region', 0, 'alike'),
    ('GRI', '2016', '405-1', 'governing', 'all', 0, 'everybody'),
    ('GRI', '2016', '405-1', 'governing', 'body', 1, 'group'),
    ('GRI', '2016', '405-1', 'governing', 'age_band_by_body', 0, 'group'),
    ('GRI', '2016', '405-1', 'employed', 'grade', 1, 'group'),
    ('GRI', '2016', '405-1', 'employed', 'age_band_by_grade', 0, 'group'),
] %}
{% set dimensions = asked | map(attribute=4) | unique | list %}

with history as (
    select * from {{ ref('dim_employee_history') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

movements as (
    select * from {{ ref('fct_employee_movements') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

top_management as (
    select * from {{ ref('top_management') }}
),

governance_bodies as (
    select * from {{ ref('governance_bodies') }}
),

available_figures as (
    select * from {{ ref('rpt_available_figures') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

asked as (
    {% for standard, edition, disclosure, whom, dimension, by_sex, part_of in asked -%}
    select
        '{{ standard }}' as standard,
        '{{ edition }}' as edition,
        '{{ disclosure }}' as disclosure,
        '{{ whom }}' as whom,
        '{{ dimension }}' as dimension,
        '{{ part_of }}' as part_of,
        {{ by_sex }} as by_sex
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Years of which every month is closed, by their last day.
years as (
    {{ closed_years() }}
),

ordered as (
    select
        history.*,
        employees.born_on,
        row_number() over (
            partition by history.employee_key, history.employment_number
            order by history.effective_from asc nulls last
        ) as state_number,
        row_number() over (
            partition by history.employee_key, history.employment_number
            order by history.effective_from desc nulls last
        ) as state_number_from_end
    from history
    inner join employees
        on history.employee_key = employees.employee_key
),

events as (
    select
        'employed' as whom,
        years.reference_year,
        years.closes_on as event_on,
        ordered.*
    from ordered
    inner join years
        on
            ordered.effective_from <= years.closes_on
            and ordered.effective_to > years.closes_on
    union all
    select
        'joined' as whom,
        years.reference_year,
        ordered.effective_from as event_on,
        ordered.*
    from ordered
    inner join years
        on extract(year from ordered.effective_from) = years.reference_year
    where ordered.state_number = 1
    union all
    select
        'left' as whom,
        years.reference_year,
        ordered.effective_to as event_on,
        ordered.*
    from ordered
    inner join years
        on extract(year from ordered.effective_to) = years.reference_year
    where ordered.state_number_from_end = 1
),

aged as (
    select
        events.whom,
        events.reference_year,
        events.sex,
        coalesce(events.country, 'Unknown') as country,
        events.region,
        events.designation,
        coalesce(events.grade, 'Unknown') as grade,
        events.contract_kind,
        events.full_or_part_time,
        movements.exit_kind,
        extract(year from events.event_on)
        - extract(year from events.born_on)
        - case
            when
                extract(month from events.event_on)
                < extract(month from events.born_on)
                then 1
            else 0
        end as age
    from events
    left join movements
        on
            events.employee_key = movements.employee_key
            and events.employment_number = movements.employment_number
            and events.whom = 'left'
            and movements.movement_type = 'exit'
),

banded as (
    select
        aged.*,
        case
            when aged.age < 30 then 'under_30'
            when aged.age <= 50 then '30_to_50'
            when aged.age > 50 then 'over_50'
            else 'unknown'
        end as age_band,
        cast(null as string) as body,
        cast(1 as bigint) as people
    from aged
),

topmost as (
    select banded.*
    from banded
    inner join top_management
        on lower(trim(banded.designation)) = lower(trim(top_management.designation))
    where banded.whom = 'employed'
),

{% set traits = [
    'country', 'region', 'grade', 'contract_kind', 'full_or_part_time', 'exit_kind',
    'age_band',
] -%}
people as (
    {% for whom, found in {
        'banded.whom': 'banded', "'top_management' as whom": 'topmost',
    }.items() -%}
    select
        {{ whom }},
        {{ found }}.sex,
        {% for trait in traits + ['body'] -%}
        {{ found }}.{{ trait }},
        {% endfor -%}
        {{ found }}.reference_year,
        {{ found }}.people
    from {{ found }}
    union all
    {% endfor -%}
    select
        'governing' as whom,
        governance_bodies.sex,
        {% for trait in traits[:-1] -%}
        cast(null as string) as {{ trait }},
        {% endfor -%}
        governance_bodies.age_band,
        governance_bodies.body,
        governance_bodies.reference_year,
        governance_bodies.people
    from governance_bodies
),

dimensions as (
    {% for dimension in dimensions -%}
    {% set own, _, group = dimension.partition('_by_') -%}
    select
        '{{ dimension }}' as dimension,
        '{{ group or own }}' as group_dimension
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

valued as (
    select
        people.whom,
        dimensions.dimension,
        case dimensions.dimension
            {% for dimension in dimensions -%}
            {% set own, _, group = dimension.partition('_by_') -%}
            {% set prefix = 'people.' ~ group ~ " || ' / ' || " if group else '' -%}
            when '{{ dimension }}'
                then {{ "'All'" if dimension == 'all' else prefix ~ 'people.' ~ own }}
            {% endfor -%}
        end as dimension_value,
        dimensions.group_dimension,
        case dimensions.group_dimension
            when 'all' then 'All'
            {% for trait in traits + ['body'] -%}
            when '{{ trait }}' then people.{{ trait }}
            {% endfor -%}
        end as group_value,
        people.sex,
        people.reference_year,
        people.people
    from people
    cross join dimensions
),

counted as (
    select
        valued.whom,
        valued.dimension,
        valued.dimension_value,
        valued.group_dimension,
        valued.group_value,
        {{ total_label('valued.sex') }} as sex,
        valued.reference_year,
        sum(valued.people) as people
    from valued
    group by
        valued.whom,
        valued.dimension,
        valued.dimension_value,
        valued.group_dimension,
        valued.group_value,
        valued.reference_year,
        cube (valued.sex)
),

-- A year in which nobody joined or left has a row all the same.
told as (
    select
        asked.standard,
        asked.edition,
        asked.disclosure,
        asked.whom,
        asked.dimension,
        case when counted.people is null then 'All' else counted.dimension_value end
            as dimension_value,
        coalesce(counted.sex, 'All') as sex,
        asked.part_of,
        counted.group_dimension,
        counted.group_value,
        years.reference_year,
        coalesce(counted.people, 0) as people
    from asked
    cross join years
    left join counted
        on
            asked.whom = counted.whom
            and asked.dimension = counted.dimension
            and years.reference_year = counted.reference_year
            and (asked.by_sex = 1 or counted.sex = 'All')
    where asked.dimension = 'all' or counted.people is not null
),

month_ends as (
    select
        years.reference_year,
        cast(count(*) as double) / 12 as mean_people
    from years
    inner join dates
        on
            years.reference_year = dates.calendar_year
            and dates.date_on = dates.month_end_on
    inner join history
        on
            dates.date_on >= history.effective_from
            and dates.date_on < history.effective_to
    group by years.reference_year
),

leavers_known as (
    select
        max(available_figures.null_reason) as null_reason,
        max(available_figures.available_from) as available_from
    from available_figures
    where available_figures.figure = 'exits_and_turnover'
),

-- Of a year in which an HR system of people here is heard of no more, nothing is whole.
last_heard as (
    select
        years.reference_year,
        min(history.unknown_since_on) as unknown_since_on
    from years
    inner join history
        on
            years.closes_on >= history.unknown_since_on
            and history.effective_to > history.unknown_since_on
    group by years.reference_year
),

-- GRI 401-1 divides by those employed at the year's end, of the same kind.
compared as (
    select
        told.*,
        case
            when told.part_of = 'mean' then month_ends.mean_people
            else cast(wholes.people as double)
        end as denominator,
        case
            when told.whom = 'governing' and told.people = 0
                then 'no_governance_body_given'
            when told.whom = 'governing' then null
            when last_heard.unknown_since_on is not null
                then {{ unknown_reason('last_heard.unknown_since_on') }}
            when told.whom = 'top_management' and told.people = 0
                then 'no_top_management_known'
            when told.whom <> 'left' then null
            when leavers_known.null_reason is not null then leavers_known.null_reason
            when
                leavers_known.available_from
                > cast(cast(told.reference_year as string) || '-01-01' as date)
                then 'not_the_whole_year'
        end as null_reason
    from told
    cross join leavers_known
    left join last_heard
        on told.reference_year = last_heard.reference_year
    left join month_ends
        on told.reference_year = month_ends.reference_year
    left join counted as wholes
        on
            told.reference_year = wholes.reference_year
            and wholes.whom = case
                when told.whom in ('joined', 'left') then 'employed'
                else told.whom
            end
            and wholes.dimension = case told.part_of
                when 'alike' then told.dimension
                when 'group' then told.group_dimension
                else 'all'
            end
            and wholes.dimension_value = case told.part_of
                when 'alike' then told.dimension_value
                when 'group' then told.group_value
                else 'All'
            end
            and wholes.sex = case told.part_of when 'alike' then told.sex else 'All' end
),

-- ESRS S1-6 names a country from 50 employees that are 10 per cent of all.
reported as (
    select
        compared.standard,
        compared.edition,
        compared.disclosure,
        compared.whom,
        compared.dimension,
        compared.dimension_value,
        compared.sex,
        compared.null_reason,
        compared.reference_year,
        case when compared.null_reason is null then cast(compared.people as bigint) end
            as people,
        case
            when compared.null_reason is null
                then
                    100 * cast(compared.people as double)
                    / nullif(compared.denominator, 0)
        end as people_pct
    from compared
    where
        compared.dimension <> 'country'
        or (
            compared.people >= 50
            and compared.people >= 0.1 * compared.denominator
        )
)

select * from reported
