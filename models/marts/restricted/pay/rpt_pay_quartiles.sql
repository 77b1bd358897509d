-- Exact and complete: a quarter of few people tells what they earn, more or less.

with pay_levels as (
    select * from {{ ref('fct_pay_levels') }}
),

ranked_people as (
    {% for base in pay_gap_bases() -%}
    select
        pay_levels.regime,
        pay_levels.company,
        '{{ base.basis }}' as basis,
        pay_levels.sex,
        pay_levels.reference_year,
        cast(pay_levels.{{ base.columns.gross }} as double) as pay_level,
        case
            when {{ base.assumed }} then 1
            else 0
        end as assumed
    from pay_levels
    where
        pay_levels.regime = '{{ base.regime }}'
        and pay_levels.is_in_population
        and pay_levels.sex in ('female', 'male')
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Everybody on one rate is a tie, also where it is one person. Who has no rate, since
-- nobody knows the hours, is in no quartile.
ties as (
    select
        ranked_people.regime,
        ranked_people.company,
        ranked_people.basis,
        ranked_people.reference_year,
        ranked_people.pay_level,
        cast(count(*) as bigint) as people,
        cast(
            sum(case when ranked_people.sex = 'female' then 1 else 0 end) as bigint
        ) as women,
        max(ranked_people.assumed) as assumed
    from ranked_people
    where ranked_people.pay_level is not null
    group by
        ranked_people.regime,
        ranked_people.company,
        ranked_people.basis,
        ranked_people.reference_year,
        ranked_people.pay_level
),

placed_ties as (
    select
        ties.*,
        cast(
            sum(ties.people) over (
                partition by
                    ties.regime, ties.company, ties.basis, ties.reference_year
                order by ties.pay_level nulls last
                rows between unbounded preceding and current row
            ) as bigint
        ) - ties.people as people_below,
        cast(
            sum(ties.people) over (
                partition by
                    ties.regime, ties.company, ties.basis, ties.reference_year
            ) as bigint
        ) as population
    from ties
),

-- The rest of a division by four goes to the lower quartile; of two, the second to the
-- upper middle one; of three, the third to the lower middle one.
quartiles as (
    select
        1 as quartile_number,
        'lower' as quartile,
        1 as if_rest_one,
        1 as if_rest_two,
        1 as if_rest_three
    union all
    select
        2 as quartile_number,
        'lower_middle' as quartile,
        1 as if_rest_one,
        1 as if_rest_two,
        2 as if_rest_three
    union all
    select
        3 as quartile_number,
        'upper_middle' as quartile,
        1 as if_rest_one,
        2 as if_rest_two,
        3 as if_rest_three
    union all
    select
        4 as quartile_number,
        'upper' as quartile,
        1 as if_rest_one,
        2 as if_rest_two,
        3 as if_rest_three
),

bounded as (
    select
        placed_ties.*,
        quartiles.quartile,
        quartiles.quartile_number,
        cast(floor(placed_ties.population / 4.0) as bigint) * quartiles.quartile_number
        + case mod(placed_ties.population, 4)
            when 1 then quartiles.if_rest_one
            when 2 then quartiles.if_rest_two
            when 3 then quartiles.if_rest_three
            else 0
        end as people_up_to_quartile
    from placed_ties
    cross join quartiles
),

-- Of each tie, how many are in this quartile or below it.
filled as (
    select
        bounded.*,
        least(
            greatest(bounded.people_up_to_quartile - bounded.people_below, 0),
            bounded.people
        ) as people_up_to
    from bounded
),

-- Women in proportion, rounded half up, in whole numbers; the others are men.
split as (
    select
        filled.*,
        cast(
            floor(
                cast(
                    2 * filled.women * filled.people_up_to + filled.people as double
                )
                / (2 * filled.people)
            ) as bigint
        ) as women_up_to
    from filled
),

differenced as (
    select
        split.*,
        split.people_up_to - coalesce(
            lag(split.people_up_to) over (
                partition by
                    split.regime,
                    split.company,
                    split.basis,
                    split.reference_year,
                    split.pay_level
                order by split.quartile_number nulls last
            ), 0
        ) as people_within,
        split.women_up_to - coalesce(
            lag(split.women_up_to) over (
                partition by
                    split.regime,
                    split.company,
                    split.basis,
                    split.reference_year,
                    split.pay_level
                order by split.quartile_number nulls last
            ), 0
        ) as women_within
    from split
),

aggregated as (
    select
        differenced.regime,
        differenced.company,
        differenced.basis,
        differenced.quartile,
        differenced.reference_year,
        sum(differenced.women_within) as women,
        sum(differenced.people_within - differenced.women_within) as men,
        sum(differenced.people_within) as people,
        max(differenced.assumed) as assumed
    from differenced
    group by
        differenced.regime,
        differenced.company,
        differenced.basis,
        differenced.quartile,
        differenced.reference_year
),

-- Where nobody has hours there are quartiles all the same, and a reason why they are
-- empty.
scales as (
    select
        ranked_people.regime,
        ranked_people.company,
        ranked_people.basis,
        ranked_people.reference_year
    from ranked_people
    group by
        ranked_people.regime,
        ranked_people.company,
        ranked_people.basis,
        ranked_people.reference_year
    having count(ranked_people.pay_level) = 0
),

unioned as (
    select * from aggregated
    union all
    select
        scales.regime,
        scales.company,
        scales.basis,
        quartiles.quartile,
        scales.reference_year,
        0 as women,
        0 as men,
        0 as people,
        0 as assumed
    from scales
    cross join quartiles
),

reported as (
    select
        unioned.regime,
        unioned.company,
        unioned.basis,
        unioned.quartile,
        case
            when unioned.people > 0 then null
            when scales.company is not null then 'no_paid_hours'
            else 'nobody_in_the_quartile'
        end as null_reason,
        cast(unioned.reference_year as bigint) as reference_year,
        cast(unioned.women as bigint) as women,
        cast(unioned.men as bigint) as men,
        cast(
            100 * cast(unioned.women as double) / nullif(unioned.people, 0)
            as double
        ) as women_pct,
        cast(
            100 * cast(unioned.men as double) / nullif(unioned.people, 0)
            as double
        ) as men_pct,
        unioned.assumed = 1 as is_assumed
    from unioned
    left join scales
        on
            unioned.regime = scales.regime
            and unioned.company = scales.company
            and unioned.basis = scales.basis
            and unioned.reference_year = scales.reference_year
)

select * from reported
