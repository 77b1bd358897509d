-- The highest pay of all is what one person earns.

{#- The figures of ESRS S1-16: on which pay level, and what says that it is assumed. -#}
{% set asked = [
    ('gender_pay_gap_pct', 'hourly', 'assumed_hours'),
    ('remuneration_ratio', 'annualised', 'assumed_scale'),
    ('remuneration_ratio', 'as_paid', 'converted_pay'),
] %}

with pay_levels as (
    select * from {{ ref('fct_pay_levels') }}
    where regime = 'eu'
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_averaged') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

-- Years of which every month is closed, by their last day.
years as (
    {{ closed_years() }}
),

-- A year's rate is the mean of its months', where each has one.
yearly_rates as (
    select
        rates.currency,
        extract(year from rates.month_start_on) as reference_year,
        case
            when count(rates.reporting_units) = count(*)
                then avg(rates.reporting_units)
        end as reporting_units
    from rates
    group by rates.currency, extract(year from rates.month_start_on)
),

-- Of each of the group's companies in which people are employed, whether pay is known.
companies as (
    select
        years.reference_year,
        history.company,
        max(
            case
                when
                    history.effective_to > history.unknown_since_on
                    and history.unknown_since_on <= years.closes_on
                    then history.unknown_since_on
            end
        ) as unknown_since_on
    from years
    inner join history
        on
            years.closes_on >= history.effective_from
            and years.reference_year <= extract(year from history.effective_to)
            and history.effective_from < history.effective_to
    where history.company is not null
    group by years.reference_year, history.company
),

paid_companies as (
    select distinct
        pay_levels.company,
        pay_levels.reference_year
    from pay_levels
),

known as (
    select
        companies.reference_year,
        min(companies.unknown_since_on) as unknown_since_on,
        max(case when paid_companies.company is null then 1 else 0 end)
            as has_unpaid_company
    from companies
    left join paid_companies
        on
            companies.company = paid_companies.company
            and companies.reference_year = paid_companies.reference_year
    group by companies.reference_year
),

converted as (
    select
        pay_levels.employee_key,
        pay_levels.sex,
        pay_levels.reference_year,
        yearly_rates.reporting_units,
        cast(pay_levels.gross_pay as double) * yearly_rates.reporting_units
            as reporting_gross,
        case
            when pay_levels.hourly_gross is not null
                then
                    cast(pay_levels.gross_pay as double) * yearly_rates.reporting_units
        end as hourly_reporting_gross,
        case when pay_levels.hourly_gross is not null then pay_levels.paid_hours end
            as counted_hours,
        cast(pay_levels.gross_pay as double) / pay_levels.annualised_gross as year_part,
        pay_levels.is_converted,
        pay_levels.is_converted or pay_levels.is_hours_assumed as is_hours_assumed,
        pay_levels.is_converted
        or pay_levels.is_hours_assumed
        or pay_levels.is_assumed as is_assumed
    from pay_levels
    left join yearly_rates
        on
            pay_levels.currency = yearly_rates.currency
            and pay_levels.reference_year = yearly_rates.reference_year
    where pay_levels.is_in_population
),

-- Whom two companies paid is one person. Pay over its annualised level is the part of a
-- full year at full time that it is for.
people as (
    select
        converted.employee_key,
        converted.sex,
        converted.reference_year,
        sum(converted.hourly_reporting_gross)
        / nullif(cast(sum(converted.counted_hours) as double), 0) as hourly,
        sum(converted.reporting_gross) / sum(converted.year_part) as annualised,
        sum(converted.reporting_gross) as as_paid,
        max(case when converted.reporting_units is null then 1 else 0 end)
            as missing_rate,
        max(case when converted.is_converted then 1 else 0 end) as converted_pay,
        max(case when converted.is_hours_assumed then 1 else 0 end) as assumed_hours,
        max(case when converted.is_assumed then 1 else 0 end) as assumed_scale
    from converted
    group by converted.employee_key, converted.sex, converted.reference_year
),

-- Sums of decimals do not depend on the order of rows; sums of doubles do.
measured as (
    {% for metric, basis, assumed in asked -%}
    select
        '{{ metric }}' as metric,
        '{{ basis }}' as basis,
        people.employee_key,
        people.sex,
        people.reference_year,
        people.missing_rate,
        people.{{ assumed }} as assumed,
        cast(people.{{ basis }} as decimal(28, 12)) as pay_level
    from people
    where people.{{ basis }} is not null or people.missing_rate = 1
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ranked as (
    select
        measured.*,
        row_number() over (
            partition by measured.metric, measured.basis, measured.reference_year
            order by
                measured.pay_level desc nulls last,
                measured.employee_key asc nulls last
        ) as place
    from measured
),

summarised as (
    select
        ranked.metric,
        ranked.basis,
        ranked.reference_year,
        count(*) as people,
        {% for people, sex in {'women': 'female', 'men': 'male'}.items() -%}
        sum(case when ranked.sex = '{{ sex }}' then 1 else 0 end) as {{ people }},
        cast(
            sum(case when ranked.sex = '{{ sex }}' then ranked.pay_level end) as double
        ) / nullif(sum(case when ranked.sex = '{{ sex }}' then 1 else 0 end), 0)
            as {{ people }}_mean,
        {% endfor -%}
        cast(max(ranked.pay_level) as double) as highest,
        {{ percentile('case when ranked.place > 1 then ranked.pay_level end', 0.5) }}
            as median_of_others,
        max(ranked.missing_rate) as missing_rate,
        max(ranked.assumed) as assumed
    from ranked
    group by ranked.metric, ranked.basis, ranked.reference_year
),

asked as (
    {% for metric, basis, _ in asked -%}
    select
        '{{ metric }}' as metric,
        '{{ basis }}' as basis
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

told as (
    select
        asked.metric,
        asked.basis,
        years.reference_year,
        summarised.people,
        summarised.women,
        summarised.men,
        summarised.assumed,
        case
            when asked.metric = 'remuneration_ratio'
                then summarised.highest / nullif(summarised.median_of_others, 0)
            else
                100
                * (summarised.men_mean - summarised.women_mean)
                / nullif(summarised.men_mean, 0)
        end as exact_value,
        case
            when known.unknown_since_on is not null
                then {{ unknown_reason('known.unknown_since_on') }}
            when known.has_unpaid_company = 1 then 'pay_of_a_company_not_known'
            when summarised.missing_rate = 1 then 'no_exchange_rate'
            when summarised.people is null and asked.basis = 'hourly'
                then 'no_paid_hours'
            when summarised.people is null then 'no_pay'
            when asked.metric = 'remuneration_ratio' and summarised.people = 1
                then 'nobody_else'
            when asked.metric = 'remuneration_ratio' then null
            when summarised.women = 0 and summarised.men = 0 then 'no_women_and_no_men'
            when summarised.women = 0 then 'no_women'
            when summarised.men = 0 then 'no_men'
        end as null_reason
    from asked
    cross join years
    left join known
        on years.reference_year = known.reference_year
    left join summarised
        on
            asked.metric = summarised.metric
            and asked.basis = summarised.basis
            and years.reference_year = summarised.reference_year
),

reported as (
    select
        'ESRS' as standard,
        'esrs_2023' as edition,
        'S1-16' as disclosure,
        told.metric,
        told.basis,
        '{{ reporting_currency() }}' as currency,
        told.null_reason,
        told.reference_year,
        case when told.null_reason is null then told.exact_value end as exact_value,
        case when told.null_reason is null then cast(told.people as bigint) end
            as people,
        case when told.null_reason is null then cast(told.women as bigint) end as women,
        case when told.null_reason is null then cast(told.men as bigint) end as men,
        case when told.null_reason is null then told.assumed = 1 end as is_assumed
    from told
)

select * from reported
