-- Counts are exact, however few they are of.

{#- What each disclosure counts, by what, and whether by sex: `esrs_2023` is ESRS S1 of
Delegated Regulation (EU) 2023/2772, the others are GRI's with their years. -#}
{% set asked = [
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'all', 1),
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'country', 0),
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'contract_kind', 1),
    ('ESRS', 'esrs_2023', 'S1-6', 'employed', 'full_or_part_time', 1),
    ('ESRS', 'esrs_2023', 'S1-6', 'left', 'all', 0),
    ('ESRS', 'esrs_2023', 'S1-6', 'left', 'exit_kind', 0),
    ('ESRS', 'esrs_2023', 'S1-9', 'employed', 'age_band', 0),
    ('GRI', '2021', '2-7', 'employed', 'all', 1),
    ('GRI', '2021', '2-7', 'employed', 'region', 0),
    ('GRI', '2021', '2-7', 'employed', 'contract_kind', 1),
    ('GRI', '2021', '2-7', 'employed', 'contract_kind_by_region', 0),
    ('GRI', '2021', '2-7', 'employed', 'full_or_part_time', 1),
    ('GRI', '2021', '2-7', 'employed', 'full_or_part_time_by_region', 0),
    ('GRI', '2016', '401-1', 'joined', 'all', 1),
    ('GRI', '2016', '401-1', 'joined', 'age_band', 0),
    ('GRI', '2016', '401-1', 'joined', 'region', 0),
    ('GRI', '2016', '401-1', 'left', 'all', 1),
    ('GRI', '2016', '401-1', 'left', 'age_band', 0),
    ('GRI', '2016', '401-1', 'left', 'region', 0),
    ('GRI', '2016', '405-1', 'employed', 'grade', 1),
    ('GRI', '2016', '405-1', 'employed', 'age_band_by_grade', 0),
] %}

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

available_figures as (
    select * from {{ ref('rpt_available_figures') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

asked as (
    {% for standard, edition, disclosure, whom, dimension, by_sex in asked -%}
    select
        '{{ standard }}' as standard,
        '{{ edition }}' as edition,
        '{{ disclosure }}' as disclosure,
        '{{ whom }}' as whom,
        '{{ dimension }}' as dimension,
        {{ by_sex }} as by_sex
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Years of which every month is closed, by their last day.
years as (
    select
        dates.calendar_year as reference_year,
        dates.date_on as closes_on
    from dates
    inner join reporting_period
        on
            cast(cast(dates.calendar_year as string) || '-01-01' as date)
            >= reporting_period.first_month_on
            and cast(cast(dates.calendar_year as string) || '-12-01' as date)
            <= reporting_period.last_month_on
    where dates.calendar_month = 12 and dates.day_of_month = 31
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
        end as age_band
    from aged
),

valued as (
    select
        asked.*,
        banded.reference_year,
        banded.sex,
        case asked.dimension
            when 'all' then 'All'
            when 'country' then banded.country
            when 'region' then banded.region
            when 'grade' then banded.grade
            when 'contract_kind' then banded.contract_kind
            when 'full_or_part_time' then banded.full_or_part_time
            when 'exit_kind' then banded.exit_kind
            when 'age_band' then banded.age_band
            when 'contract_kind_by_region'
                then banded.region || ' / ' || banded.contract_kind
            when 'full_or_part_time_by_region'
                then banded.region || ' / ' || banded.full_or_part_time
            when 'age_band_by_grade' then banded.grade || ' / ' || banded.age_band
        end as dimension_value,
        case
            when asked.dimension in ('grade', 'age_band_by_grade') then banded.grade
            else 'All'
        end as whole
    from banded
    inner join asked
        on banded.whom = asked.whom
),

sexed as (
    select
        valued.standard,
        valued.edition,
        valued.disclosure,
        valued.whom,
        valued.dimension,
        valued.dimension_value,
        valued.whole,
        valued.sex,
        valued.reference_year,
        1 as people
    from valued
    where valued.by_sex = 1
    union all
    select
        valued.standard,
        valued.edition,
        valued.disclosure,
        valued.whom,
        valued.dimension,
        valued.dimension_value,
        valued.whole,
        'All' as sex,
        valued.reference_year,
        1 as people
    from valued
    union all
    -- A year in which nobody joined or left has a row all the same.
    select
        asked.standard,
        asked.edition,
        asked.disclosure,
        asked.whom,
        asked.dimension,
        'All' as dimension_value,
        'All' as whole,
        'All' as sex,
        years.reference_year,
        0 as people
    from asked
    cross join years
    where asked.dimension = 'all'
),

counted as (
    select
        sexed.standard,
        sexed.edition,
        sexed.disclosure,
        sexed.whom,
        sexed.dimension,
        sexed.dimension_value,
        sexed.whole,
        sexed.sex,
        sexed.reference_year,
        sum(sexed.people) as people
    from sexed
    group by
        sexed.standard,
        sexed.edition,
        sexed.disclosure,
        sexed.whom,
        sexed.dimension,
        sexed.dimension_value,
        sexed.whole,
        sexed.sex,
        sexed.reference_year
),

-- Whom a percentage is of: those employed at the year's end, of all or of one kind.
wholes as (
    {% set kinds = {
        'All': "'All'", 'grade': 'banded.grade', 'region': 'banded.region',
        'age_band': 'banded.age_band',
    } -%}
    {% for kind, column in kinds.items() -%}
    select
        '{{ kind }}' as kind,
        {{ column }} as whole,
        'All' as sex,
        banded.reference_year,
        count(*) as people
    from banded
    where banded.whom = 'employed'
    group by {{ column if kind != 'All' else 'banded.whom' }}, banded.reference_year
    union all
    {% endfor -%}
    select
        'All' as kind,
        'All' as whole,
        banded.sex,
        banded.reference_year,
        count(*) as people
    from banded
    where banded.whom = 'employed'
    group by banded.sex, banded.reference_year
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
        counted.*,
        case
            when counted.standard = 'ESRS' and counted.whom = 'left'
                then month_ends.mean_people
            else cast(wholes.people as double)
        end as denominator,
        cast(all_employed.people as double) as employed,
        case
            when last_heard.unknown_since_on is not null
                then {{ unknown_reason('last_heard.unknown_since_on') }}
            when counted.whom <> 'left' then null
            when leavers_known.null_reason is not null then leavers_known.null_reason
            when
                leavers_known.available_from
                > cast(cast(counted.reference_year as string) || '-01-01' as date)
                then 'not_the_whole_year'
        end as null_reason
    from counted
    cross join leavers_known
    left join last_heard
        on counted.reference_year = last_heard.reference_year
    left join month_ends
        on counted.reference_year = month_ends.reference_year
    left join wholes as all_employed
        on
            counted.reference_year = all_employed.reference_year
            and all_employed.kind = 'All'
            and all_employed.sex = 'All'
    left join wholes
        on
            counted.reference_year = wholes.reference_year
            and wholes.kind = case
                when counted.whole <> 'All' then 'grade'
                when
                    counted.disclosure = '401-1'
                    and counted.dimension in ('region', 'age_band')
                    then counted.dimension
                else 'All'
            end
            and wholes.whole = case
                when counted.whole <> 'All' then counted.whole
                when
                    counted.disclosure = '401-1'
                    and counted.dimension in ('region', 'age_band')
                    then counted.dimension_value
                else 'All'
            end
            and wholes.sex = case
                when counted.disclosure = '401-1' then counted.sex
                else 'All'
            end
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
        or (compared.people >= 50 and compared.people >= 0.1 * compared.employed)
)

select * from reported
