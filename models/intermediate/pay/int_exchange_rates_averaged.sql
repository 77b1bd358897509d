{% set currency = reporting_currency() %}

with reference_rates as (
    select * from {{ ref('stg_fx__reference_rates') }}
    where known_to = {{ never() }}
),

pay_runs as (
    select * from {{ ref('int_pay_runs_conformed') }}
),

averaged_rates as (
    select
        reference_rates.currency,
        cast(sum(reference_rates.units_per_eur) as double) / count(*) as units_per_eur,
        cast({{ dbt.date_trunc('month', 'reference_rates.rate_on') }} as date)
            as month_start_on
    from reference_rates
    group by
        reference_rates.currency,
        cast({{ dbt.date_trunc('month', 'reference_rates.rate_on') }} as date)
),

paid_currencies as (
    select distinct pay_runs.currency
    from pay_runs
    where pay_runs.status = 'paid'
),

months as (
    select distinct
        cast({{ dbt.date_trunc('month', 'pay_runs.period_starts_on') }} as date)
            as month_start_on
    from pay_runs
    where pay_runs.status = 'paid'
),

paid_months as (
    select
        paid_currencies.currency,
        months.month_start_on
    from paid_currencies
    cross join months
),

-- The euro has no rate against itself; a currency needs none to stay what it is.
averaged as (
    select
        paid_months.currency,
        case
            when paid_months.currency = '{{ currency }}' then 1
            else
                {% if currency == 'EUR' %}1{% else %}reporting.units_per_eur{% endif %}
                / case
                    when paid_months.currency = 'EUR' then 1
                    else paid.units_per_eur
                end
        end as reporting_units,
        paid_months.month_start_on
    from paid_months
    left join averaged_rates as paid
        on
            paid_months.currency = paid.currency
            and paid_months.month_start_on = paid.month_start_on
    {% if currency != 'EUR' -%}
    left join averaged_rates as reporting
        on
            paid_months.month_start_on = reporting.month_start_on
            and reporting.currency = '{{ currency }}'
    {% endif %}
)

select * from averaged
