"""What a small company withholds, and what would tell it.

The shape is that of today: rates without counts, pay bands by several bases, gaps.
"""

from pathlib import Path

import duckdb

TRUTH = """
    insert into muster.core.dim_employee_history
    select 'left ' || n, 'One', 'Sales', null, 'North', '2023-01-15', '2025-06-10'
    from range(21) as t(n);

    create table muster.core.fct_employee_movements as
    select employee_key, effective_to as moved_on, 'exit' as movement_type,
        case when row_number() over (order by employee_key) <= 13 then 'voluntary'
            else 'dismissal' end as exit_kind
    from muster.core.dim_employee_history where employee_key like 'left %';

    create schema muster.recruiting;
    create table muster.recruiting.fct_applications as
    select n::varchar as application_key, 'Sales' as department,
        null::varchar as branch, 'accepted' as outcome, n < 19 as is_internal,
        date '2025-02-01' as accepted_on
    from range(25) as t(n);

    create schema restricted.pay;
    create table restricted.pay.fct_pay_levels as
    select 'eu' as regime, 'One' as company, 2025 as reference_year,
        n, case when n < 43 then 'female' else 'male' end as sex,
        true as is_in_population, true as is_in_component_population,
        n in (0, 99) as has_components,
        40000.00 as gross_pay, 20.00::decimal(9, 2) as hourly_gross,
        0.00 as component_pay,
        0.00 as hourly_component, 0.00 as bonus_pay, 40000.00 as annualised_gross,
        0.00 as annualised_component
    from range(100) as t(n);

    create table restricted.pay.rpt_pay_quartiles as
    select 'eu' as regime, 'One' as company, 2025 as reference_year, *
    from (values ('annualised'), ('as_paid'), ('hourly')) as bases(basis),
    (values ('lower', 20, 5), ('lower_middle', 14, 11), ('upper_middle', 6, 19),
        ('upper', 3, 22)) as bands(quartile, women, men);

    create table restricted.pay.int_payslip_lines_attributed as
    select 'left 0' as employee_key, 'base' as line_type, *
    from (values (date '2024-01-31', 3224.00, 160.00),
        (date '2024-07-31', 3419.20, 160.00)) as t(period_ends_on, amount, paid_hours);
"""

PUBLICATION = """
    create table published.main.movements as
    select 'All' as department_group, 'All' as region, null as withheld_reason,
        159 as opening_headcount, 21 as joiners, 21 as exits, 159 as closing_headcount,
        1 as count_step, date '2025-01-01' as year_start_on;

    create table published.main.turnover as
    select 'All' as department_group, 'All' as region, 'few' as withheld_reason,
        13.2::decimal(9, 1) as turnover_pct,
        null::decimal(9, 1) as voluntary_turnover_pct,
        date '2025-01-01' as year_start_on;

    create table published.main.recruiting as
    select 'All' as department_group, 'All' as region, 'few' as withheld_reason,
        100 as applications, 25 as accepted, null::decimal(9, 1) as internal_fill_pct,
        5 as count_step, date '2025-01-01' as year_start_on;

    create table published.main.pay_gap as
    select 'eu' as regime, 'One' as company, 'hourly' as basis, metric,
        case when value_pct is null then 'few' end as withheld_reason,
        null as null_reason, 2025 as reference_year,
        value_pct::decimal(9, 1) as value_pct, 0.1::decimal(9, 1) as value_step,
        null::bigint as women, null::bigint as men
    from (values ('a_mean_gap', 3.4), ('b_mean_component_gap', null),
        ('d_median_component_gap', null)) as t(metric, value_pct);

    create table published.main.pay_quartiles as
    select regime, company, basis, quartile as pay_band, 'few' as withheld_reason,
        reference_year, null::decimal(9, 1) as women_pct, null::decimal(9, 1) as men_pct
    from restricted.pay.rpt_pay_quartiles;
"""

BANDS = """
    update published.main.pay_gap set women = 43, men = 57 where metric = 'a_mean_gap';
    update published.main.pay_quartiles as told
    set women_pct = 4 * women, men_pct = 4 * men
    from restricted.pay.rpt_pay_quartiles as quarters
    where told.basis = quarters.basis and pay_band = quartile and told.basis = '{}'
"""

RATIOS = """
    create schema muster.features;
    create table muster.features.ftr_raises as
    select 'left 0' as employee_key, {} as ratio
"""

MUTATIONS = {
    "exits_otherwise by programs": """
        update published.main.turnover set voluntary_turnover_pct = 8.2
    """,
    "accepted_from_outside by programs": """
        update published.main.recruiting set internal_fill_pct = 76
    """,
    "annualised upper women by programs": BANDS.format("annualised"),
    "as_paid upper women by programs": BANDS.format("as_paid"),
    "hourly upper women by programs": BANDS.format("hourly"),
    "value_pct by dominance": """
        update published.main.pay_gap set value_pct = 3.1 where metric[1] in ('b', 'd')
    """,
    "value_pct by dominance, of one among many": """
        update restricted.pay.fct_pay_levels set hourly_gross = 9000 where n = 7
    """,
    "pay by fractions": RATIOS.format("(2137 / 2015)::decimal(20, 14)"),
    "pay by fractions, in per cent": RATIOS.format("100 * (2137 / 2015 - 1)"),
}
"""What a reader learns, by which method, to the statements that tell it."""


def change(folder: Path, *statements: str) -> None:
    """Execute statements on the databases of a folder."""
    with duckdb.connect() as connection:
        for name in ("published", "muster", "restricted"):
            connection.execute(f"attach '{folder / name}.duckdb' as {name}")
        for statement in statements:
            connection.execute(statement)
