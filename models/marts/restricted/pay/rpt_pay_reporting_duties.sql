-- How many work for one company in one country is exact, however few they are.

with headcount as (
    select * from {{ ref('fct_headcount_monthly') }}
),

locations as (
    select * from {{ ref('dim_location') }}
),

laws as (
    select * from {{ ref('pay_transparency_laws') }}
),

duties as (
    select * from {{ ref('pay_reporting_duties') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

counted as (
    select
        headcount.company,
        locations.country_code,
        cast(extract(year from headcount.month_start_on) as bigint) as reference_year,
        cast(count(*) as double) / 12 as workers
    from headcount
    inner join locations
        on headcount.location_key = locations.location_key
    where not headcount.is_opening_balance
    group by
        headcount.company,
        locations.country_code,
        cast(extract(year from headcount.month_start_on) as bigint)
),

-- Years of which every month is closed.
closed as (
    select
        counted.*,
        reporting_period.as_at_on
    from counted
    inner join reporting_period
        on
            reporting_period.first_month_on
            <= cast(cast(counted.reference_year as string) || '-01-01' as date)
            and reporting_period.last_month_on
            >= cast(cast(counted.reference_year as string) || '-12-01' as date)
),

countries_with_duties as (
    select distinct duties.country_code
    from duties
),

with_law as (
    select
        closed.*,
        laws.law,
        laws.status as law_status,
        laws.size_counted,
        laws.information_months,
        laws.information_days,
        laws.information_from,
        case
            when countries_with_duties.country_code is not null
                then countries_with_duties.country_code
            when laws.country_code is not null then 'EU'
        end as duties_of
    from closed
    left join laws
        on closed.country_code = laws.country_code
    left join countries_with_duties
        on closed.country_code = countries_with_duties.country_code
),

with_duty as (
    select
        with_law.*,
        duties.workers_from,
        duties.workers_to,
        duties.every_years,
        duties.first_due_on,
        coalesce(
            extract(year from duties.first_due_on)
            - extract(year from duties.first_reference_to),
            1
        ) as years_after
    from with_law
    left join duties
        on
            with_law.duties_of = duties.country_code
            and with_law.workers >= duties.workers_from
            and (duties.workers_to is null or with_law.workers < duties.workers_to + 1)
),

reckoned as (
    select
        with_duty.*,
        with_duty.reference_year
        + with_duty.years_after
        - extract(year from with_duty.first_due_on) as years_since_first,
        extract(year from with_duty.as_at_on)
        - extract(year from with_duty.first_due_on) as years_by_clock
    from with_duty
),

-- The report after the last one whose day has come.
scheduled as (
    select
        reckoned.*,
        case
            when reckoned.first_due_on >= reckoned.as_at_on then 0
            else
                reckoned.every_years
                * (
                    cast(
                        floor(reckoned.years_by_clock / reckoned.every_years) as bigint
                    )
                    + case
                        when
                            cast(
                                {{ dbt.dateadd(
                                    'year',
                                    'cast(reckoned.every_years * floor('
                                    ~ 'reckoned.years_by_clock / reckoned.every_years)'
                                    ~ ' as int)',
                                    'reckoned.first_due_on',
                                ) }} as date
                            )
                            < reckoned.as_at_on
                            then 1
                        else 0
                    end
                )
        end as years_to_next
    from reckoned
),

reported as (
    select
        scheduled.company,
        scheduled.country_code,
        scheduled.law,
        scheduled.law_status,
        case
            when scheduled.workers_to is null and scheduled.workers_from is not null
                then cast(scheduled.workers_from as string) || ' and more'
            when scheduled.workers_from is not null
                then
                    cast(scheduled.workers_from as string)
                    || ' to '
                    || cast(scheduled.workers_to as string)
        end as size_class,
        case
            when scheduled.country_code is null then 'country_unknown'
            when scheduled.duties_of is null then 'no_law_known'
            when scheduled.workers_from is null then 'fewer_workers'
            when scheduled.duties_of <> scheduled.country_code then 'no_national_law'
            when scheduled.first_due_on is null then 'day_unknown'
        end as no_duty_reason,
        scheduled.size_counted,
        scheduled.reference_year,
        cast(scheduled.every_years as bigint) as every_years,
        cast(scheduled.information_months as bigint) as information_months,
        cast(scheduled.information_days as bigint) as information_days,
        cast(scheduled.workers as double) as workers,
        scheduled.information_from,
        case
            when
                scheduled.years_since_first >= 0
                and scheduled.years_since_first
                - scheduled.every_years
                * floor(scheduled.years_since_first / scheduled.every_years)
                = 0
                then
                    cast(
                        {{ dbt.dateadd(
                            'year',
                            'cast(scheduled.years_since_first as int)',
                            'scheduled.first_due_on',
                        ) }} as date
                    )
        end as report_due_on,
        cast(
            {{ dbt.dateadd(
                'year', 'cast(scheduled.years_to_next as int)', 'scheduled.first_due_on'
            ) }} as date
        ) as next_report_due_on
    from scheduled
)

select * from reported
