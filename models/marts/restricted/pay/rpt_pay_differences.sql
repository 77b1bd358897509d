-- A category may be two people, so that a difference tells what each of them earns.

{#- The pay levels that are held against a threshold. -#}
{% set judged = pay_gap_bases() | rejectattr('threshold_pct', 'none')
    | selectattr('is_judged') | list %}
{#- Where a month has each of them. -#}
{% set month_columns = dict(
    hourly='hourly_gross', annualised='annualised_gross', as_paid='gross_pay'
) %}

with categories as (
    select * from {{ ref('rpt_pay_gap_by_category') }}
),

duties as (
    select * from {{ ref('rpt_pay_reporting_duties') }}
),

reports_submitted as (
    select * from {{ ref('pay_reports_submitted') }}
),

justifications as (
    select * from {{ ref('pay_gap_justifications') }}
),

pay_months as (
    select * from {{ ref('fct_pay_months') }}
),

pay_returns as (
    select * from {{ ref('fct_pay_returns') }}
),

available_figures as (
    select * from {{ ref('rpt_available_figures') }}
),

reporting_period as (
    select * from {{ ref('int_reporting_period_resolved') }}
),

judged_bases as (
    {% for base in judged -%}
    select
        '{{ base.regime }}' as regime,
        '{{ base.basis }}' as basis,
        cast({{ base.threshold_pct }} as double) as threshold_pct
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- An employer owes one report a year, in whichever of its countries.
duties_by_employer as (
    select
        duties.company,
        duties.reference_year,
        min(duties.report_due_on) as report_due_on,
        max(case when duties.no_duty_reason is null then 1 else 0 end) as by_law
    from duties
    where duties.report_due_on is not null
    group by duties.company, duties.reference_year
),

submissions as (
    select
        reports_submitted.company,
        reports_submitted.reference_year,
        reports_submitted.submitted_on,
        cast(
            {{ dbt.dateadd('month', 6, 'reports_submitted.submitted_on') }} as date
        ) as remedy_due_on
    from reports_submitted
    inner join reporting_period
        on reports_submitted.submitted_on <= reporting_period.as_at_on
),

-- The last whole month by the day on which a difference has to be remedied.
submitted as (
    select
        submissions.*,
        cast(
            {{ dbt.dateadd(
                'month', -1,
                dbt.date_trunc(
                    'month', dbt.dateadd('day', 1, 'submissions.remedy_due_on')
                ),
            ) }} as date
        ) as remedy_month_on
    from submissions
),

differences as (
    select
        categories.regime,
        categories.company,
        categories.worker_category,
        categories.basis,
        categories.currency,
        categories.null_reason,
        case
            when duties_by_employer.by_law = 1 then 'law'
            when duties_by_employer.by_law = 0 then 'directive'
            else 'none'
        end as duty_by,
        categories.reference_year,
        categories.women,
        categories.men,
        categories.women_mean_pay,
        categories.men_mean_pay,
        components.women_mean_pay as women_mean_component_pay,
        components.men_mean_pay as men_mean_component_pay,
        categories.mean_gap_pct as difference_pct,
        judged_bases.threshold_pct,
        coalesce(categories.is_difference_to_justify, false) as is_difference,
        categories.is_assumed,
        cast(cast(categories.reference_year as string) || '-01-01' as date)
            as year_starts_on,
        cast(cast(categories.reference_year as string) || '-12-31' as date)
            as year_ends_on,
        duties_by_employer.report_due_on,
        submitted.submitted_on,
        submitted.remedy_due_on,
        submitted.remedy_month_on
    from categories
    inner join judged_bases
        on
            categories.regime = judged_bases.regime
            and categories.basis = judged_bases.basis
    inner join categories as components
        on
            categories.regime = components.regime
            and categories.company = components.company
            and categories.reference_year = components.reference_year
            and categories.worker_category = components.worker_category
            and categories.basis = components.basis
            and components.component = 'components'
    left join duties_by_employer
        on
            categories.company = duties_by_employer.company
            and categories.reference_year = duties_by_employer.reference_year
    left join submitted
        on
            categories.company = submitted.company
            and categories.reference_year = submitted.reference_year
    where
        categories.component = 'gross'
        and (
            duties_by_employer.report_due_on is not null
            or submitted.submitted_on is not null
        )
),

-- Each report without a difference ends a row of those with one.
rowed as (
    select
        differences.*,
        sum(case when differences.is_difference then 0 else 1 end) over (
            partition by
                differences.regime,
                differences.company,
                differences.worker_category,
                differences.basis
            order by differences.reference_year nulls last
            rows between unbounded preceding and current row
        ) as row_number_of_differences
    from differences
),

dated as (
    select
        rowed.*,
        min(case when rowed.is_difference then rowed.reference_year end) over (
            partition by
                rowed.regime,
                rowed.company,
                rowed.worker_category,
                rowed.basis,
                rowed.row_number_of_differences
        ) as since_year
    from rowed
),

month_levels as (
    {% for base in judged | map(attribute='basis') | unique -%}
    select
        pay_months.company,
        pay_months.worker_category,
        '{{ base }}' as basis,
        pay_months.sex,
        pay_months.month_start_on,
        cast(pay_months.{{ month_columns[base] }} as decimal(28, 12)) as pay_level
    from pay_months
    where pay_months.gross_pay > 0
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

month_means as (
    select
        month_levels.company,
        month_levels.worker_category,
        month_levels.basis,
        month_levels.month_start_on,
        cast(
            sum(
                case when month_levels.sex = 'female' then month_levels.pay_level end
            ) as double
        )
        / nullif(
            count(
                case when month_levels.sex = 'female' then month_levels.pay_level end
            ),
            0
        ) as women_mean,
        cast(
            sum(case when month_levels.sex = 'male' then month_levels.pay_level end)
            as double
        )
        / nullif(
            count(case when month_levels.sex = 'male' then month_levels.pay_level end),
            0
        ) as men_mean
    from month_levels
    group by
        month_levels.company,
        month_levels.worker_category,
        month_levels.basis,
        month_levels.month_start_on
),

month_gaps as (
    select
        month_means.*,
        100 * (month_means.men_mean - month_means.women_mean)
        / nullif(month_means.men_mean, 0) as difference_pct
    from month_means
),

-- Who returned in the year from leave in which the category's pay was improved.
returners as (
    select
        pay_returns.company,
        pay_returns.worker_category,
        extract(year from pay_returns.returned_on) as reference_year,
        case when pay_returns.sex = 'female' then pay_returns.employee_key end as woman,
        case when pay_returns.sex = 'male' then pay_returns.employee_key end as man,
        pay_returns.is_improved
    from pay_returns
    where pay_returns.has_rise_in_category
),

returned as (
    select
        returners.company,
        returners.worker_category,
        returners.reference_year,
        count(distinct returners.woman) as women_returned,
        count(distinct case when returners.is_improved then returners.woman end)
            as women_improved,
        count(distinct returners.man) as men_returned,
        count(distinct case when returners.is_improved then returners.man end)
            as men_improved
    from returners
    group by
        returners.company,
        returners.worker_category,
        returners.reference_year
),

completed as (
    select
        dated.*,
        justifications.criteria,
        justifications.agreed_with,
        justifications.measures,
        justifications.earlier_measures,
        case
            when available_figures.null_reason is not null
                then available_figures.null_reason
            when
                available_figures.available_from is null
                or available_figures.available_from > dated.year_starts_on
                then 'not_the_whole_year'
        end as returns_null_reason,
        coalesce(returned.women_returned, 0) as women_returned,
        coalesce(returned.women_improved, 0) as women_improved,
        coalesce(returned.men_returned, 0) as men_returned,
        coalesce(returned.men_improved, 0) as men_improved,
        case
            when dated.remedy_month_on <= reporting_period.last_month_on
                then month_gaps.difference_pct
        end as difference_after_pct,
        justifications.criteria is not null as is_justified,
        dated.remedy_month_on > reporting_period.last_month_on as is_remedy_open,
        reporting_period.as_at_on
    from dated
    cross join reporting_period
    left join justifications
        on
            lower(trim(dated.company)) = lower(trim(justifications.company))
            and lower(trim(dated.worker_category))
            = lower(trim(justifications.worker_category))
            and dated.year_ends_on >= justifications.valid_from
            and dated.year_ends_on
            < coalesce(justifications.valid_to, cast('9999-12-31' as date))
    left join available_figures
        on
            dated.company = available_figures.company
            and available_figures.figure = 'absence'
    left join returned
        on
            dated.company = returned.company
            and dated.worker_category = returned.worker_category
            and dated.reference_year = returned.reference_year
    left join month_gaps
        on
            dated.company = month_gaps.company
            and dated.worker_category = month_gaps.worker_category
            and dated.basis = month_gaps.basis
            and dated.remedy_month_on = month_gaps.month_start_on
),

-- A difference of exactly the threshold is one also where a double falls short of it.
assessed as (
    select
        completed.*,
        case
            when completed.difference_pct is null then 'not_compared'
            when not completed.is_difference then 'below_threshold'
            when completed.is_justified then 'justified'
            when completed.submitted_on is null then 'not_submitted'
            when completed.remedy_due_on >= completed.as_at_on then 'time_to_remedy'
            when completed.is_remedy_open then 'not_known_yet'
            when completed.difference_after_pct is null then 'not_compared_after'
            when
                round(abs(completed.difference_after_pct), 6) < completed.threshold_pct
                then 'remedied'
            else 'not_remedied'
        end as assessment
    from completed
),

reported as (
    select
        assessed.regime,
        assessed.company,
        assessed.worker_category,
        assessed.basis,
        assessed.currency,
        assessed.null_reason,
        case
            when assessed.difference_pct > 0 then 'women_have_less'
            when assessed.difference_pct < 0 then 'men_have_less'
            when assessed.difference_pct = 0 then 'alike'
        end as direction,
        assessed.assessment,
        assessed.duty_by,
        assessed.criteria,
        assessed.agreed_with,
        assessed.measures,
        assessed.earlier_measures,
        assessed.returns_null_reason,
        cast(assessed.reference_year as bigint) as reference_year,
        case when assessed.is_difference then cast(assessed.since_year as bigint) end
            as since_year,
        assessed.women,
        assessed.men,
        100 * cast(assessed.women as double) / nullif(assessed.women + assessed.men, 0)
            as women_pct,
        100 * cast(assessed.men as double) / nullif(assessed.women + assessed.men, 0)
            as men_pct,
        assessed.women_mean_pay,
        assessed.men_mean_pay,
        assessed.women_mean_component_pay,
        assessed.men_mean_component_pay,
        assessed.difference_pct,
        cast(
            round(cast(assessed.difference_pct as decimal(28, 12)), 1)
            as decimal(18, 1)
        ) as rounded_difference_pct,
        assessed.difference_after_pct,
        {% for people in ['women', 'men'] -%}
        {% for event in ['returned', 'improved'] -%}
        case
            when assessed.returns_null_reason is null
                then cast(assessed.{{ people }}_{{ event }} as bigint)
        end as {{ people }}_{{ event }},
        {% endfor -%}
        {% endfor -%}
        case
            when assessed.difference_pct is not null then assessed.is_difference
        end as is_difference,
        assessed.is_justified,
        case
            when assessed.assessment = 'remedied' then true
            when assessed.assessment = 'not_remedied' then false
        end as is_remedied,
        case
            when assessed.duty_by <> 'law' then null
            when assessed.assessment in ('below_threshold', 'justified', 'remedied')
                then false
            when assessed.assessment = 'not_remedied' then true
        end as is_joint_assessment_due,
        assessed.is_assumed,
        assessed.report_due_on,
        assessed.submitted_on,
        assessed.remedy_due_on
    from assessed
)

select * from reported
