{{ config(meta={'requirement': 'BR-09.4'}) }}

-- The quartiles add up to the women, and to the men, whose pay is compared.
with pay_levels as (
    select * from {{ ref('fct_pay_levels') }}
),

pay_quartiles as (
    select * from {{ ref('rpt_pay_quartiles') }}
),

populations as (
    select
        pay_levels.regime,
        pay_levels.company,
        pay_levels.reference_year,
        sum(case when pay_levels.sex = 'female' then 1 else 0 end) as women,
        sum(case when pay_levels.sex = 'male' then 1 else 0 end) as men,
        sum(
            case
                when pay_levels.sex = 'female' and pay_levels.hourly_gross is not null
                    then 1
                else 0
            end
        ) as women_with_hours,
        sum(
            case
                when pay_levels.sex = 'male' and pay_levels.hourly_gross is not null
                    then 1
                else 0
            end
        ) as men_with_hours
    from pay_levels
    where
        pay_levels.is_in_population
        and pay_levels.sex in ('female', 'male')
    group by
        pay_levels.regime,
        pay_levels.company,
        pay_levels.reference_year
),

quartile_sums as (
    select
        pay_quartiles.regime,
        pay_quartiles.company,
        pay_quartiles.basis,
        pay_quartiles.reference_year,
        sum(pay_quartiles.women) as women,
        sum(pay_quartiles.men) as men,
        max(pay_quartiles.women + pay_quartiles.men)
        - min(pay_quartiles.women + pay_quartiles.men) as size_range
    from pay_quartiles
    group by
        pay_quartiles.regime,
        pay_quartiles.company,
        pay_quartiles.basis,
        pay_quartiles.reference_year
)

select quartile_sums.*
from quartile_sums
left join populations
    on
        quartile_sums.regime = populations.regime
        and quartile_sums.company = populations.company
        and quartile_sums.reference_year = populations.reference_year
where
    quartile_sums.women <> case
        when quartile_sums.basis = 'hourly'
            then coalesce(populations.women_with_hours, -1)
        else coalesce(populations.women, -1)
    end
    or quartile_sums.men <> case
        when quartile_sums.basis = 'hourly'
            then coalesce(populations.men_with_hours, -1)
        else coalesce(populations.men, -1)
    end
    or quartile_sums.size_range > 1
