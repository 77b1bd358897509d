with quartiles as (
    select * from {{ ref('rpt_pay_quartiles') }}
),

counted as (
    select
        quartiles.regime,
        quartiles.company,
        quartiles.basis,
        quartiles.quartile,
        'women' as sex,
        quartiles.women as people,
        quartiles.reference_year
    from quartiles
    union all
    select
        quartiles.regime,
        quartiles.company,
        quartiles.basis,
        quartiles.quartile,
        'men' as sex,
        quartiles.men as people,
        quartiles.reference_year
    from quartiles
),

cells as (
    select
        counted.regime,
        counted.company,
        counted.basis,
        {{ total_label('counted.quartile') }} as quartile,
        {{ total_label('counted.sex') }} as sex,
        counted.regime || ' ' || counted.company || ' ' || counted.basis || ' '
        || cast(counted.reference_year as string) as line,
        sum(counted.people) as people,
        counted.reference_year
    from counted
    group by
        counted.regime,
        counted.company,
        counted.basis,
        counted.reference_year,
        cube(counted.quartile, counted.sex)
),

judged as (
    {{ protected_cells(
        cells='cells',
        dimensions=[['quartile'], ['sex']],
        line='line',
        measures=['people'],
        minimum=disclosure_minimum(),
    ) | indent(4) }}
),

-- The same people stand in hourly and in annual quarters: where their number is
-- withheld, all of both is.
totals as (
    select
        judged.regime,
        judged.company,
        judged.reference_year,
        max(case when judged.is_withheld then 1 else 0 end) as is_total_withheld
    from judged
    where judged.quartile = 'All'
    group by judged.regime, judged.company, judged.reference_year
),

reported as (
    select
        cast(judged.regime as string) as regime,
        cast(judged.company as string) as company,
        cast(judged.basis as string) as basis,
        cast(judged.quartile as string) as quartile,
        cast(judged.sex as string) as sex,
        cast(judged.reference_year as bigint) as reference_year,
        cast(judged.people as bigint) as people,
        judged.is_published,
        judged.is_primary,
        judged.is_withheld or totals.is_total_withheld = 1 as is_withheld,
        totals.is_total_withheld = 1 as is_all_withheld
    from judged
    inner join totals
        on
            judged.regime = totals.regime
            and judged.company = totals.company
            and judged.reference_year = totals.reference_year
)

select * from reported
