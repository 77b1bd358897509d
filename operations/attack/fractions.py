"""Continued fractions: an unrounded ratio of two amounts gives both of them back.

A double has 16 digits. Two amounts of money have fewer together, so one fraction with
small enough terms is left, and it is theirs.
"""

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

import duckdb

from environment.sql import quote
from operations.attack.breaches import Breach, breach, where
from operations.attack.reading import Figure

PRECISION = 4e-16
"""How far a ratio of doubles is from that of the amounts."""

CHANCE = 0.05
"""How often a number without meaning may have such a fraction too."""

LEAST_TERM = 1000
"""Amounts of fewer digits are too many people's."""

ROUNDED = 4
"""A number of no more decimals than this is rounded, and no ratio."""

DECIMALS = 2, 4
"""How many decimals a rate by the hour has: as agreed, or from pay and hours."""

FEW_DIGITS = 30_000
"""Terms up to here are of amounts with few decimals."""

HOURLY = (8.0, 400.0)
"""What somebody earns in an hour."""

PERSONAL = """
    select distinct employee_key, {2} as value
    from muster.{0}.{1} where {2} is not null
    order by hash(employee_key, value) limit {most}
"""

MOST = 1500
"""How many numbers of a column are tried."""

RATES = """
    with base as (
        select employee_key, date_trunc('month', period_ends_on) as month_on,
            sum(amount) as pay, sum(paid_hours) as hours
        from restricted.pay.int_payslip_lines_attributed
        where line_type = 'base' group by all
    ),

    rates as (
        select *,
            sum(pay) over last_three / nullif(sum(hours) over last_three, 0) as rate
        from base
        window last_three as (
            partition by employee_key order by month_on
            range between interval 2 months preceding and current row
        )
    )

    select employee_key, cast(month_on as date), cast(rate as double) from rates
    where rate is not null
"""

LEVELS = """
    select regime, company, cast(reference_year as bigint), sex,
        cast(gross_pay as double), cast(hourly_gross as double),
        cast(component_pay as double), cast(hourly_component as double),
        cast(bonus_pay as double)
    from restricted.pay.fct_pay_levels where sex in ('female', 'male')
"""


def fraction(ratio: Fraction, error: float) -> Fraction | None:
    """The fraction that a ratio was computed from, if it gives it away.

    Args:
        ratio: The ratio, as exactly as it was told.
        error: How far that is from the truth.

    Returns:
        The first convergent that is as near as that; None where a number without
        meaning could have it.
    """
    if ratio <= 0:
        return None
    before, last, rest = (0, 1), (1, 0), ratio
    while True:
        whole = rest.numerator // rest.denominator
        before, last = (
            last,
            (whole * last[0] + before[0], whole * last[1] + before[1]),
        )
        found, rest = Fraction(*last), rest - whole
        if not rest:
            return None
        if abs(found - ratio) <= error:
            return found if error * found.denominator**2 <= CHANCE else None
        rest = 1 / rest


def terms(value: float | Decimal, unit: int = 100) -> Iterator[Fraction]:
    """The fractions that a number gives away, as ratios of two amounts.

    It may be what a part lacks, what it has more, or the part itself.

    Args:
        value: The number.
        unit: What the whole is: 100 of a per cent, 1 of a ratio.
    """
    if not math.isfinite(value) or round(value, ROUNDED) == value:
        return
    part = Fraction(value) / unit
    error = (1 + abs(float(part))) * PRECISION
    if isinstance(value, Decimal):
        error += 0.5 * 10.0 ** int(value.as_tuple().exponent) / unit
    for ratio in (1 - part, 1 + part, part):
        found = fraction(ratio, error)
        if found is not None and min(found.numerator, found.denominator) >= LEAST_TERM:
            yield found


def amounts(
    found: Fraction, decimals: int, usual: tuple[float, float]
) -> tuple[float, float] | None:
    """The two smallest amounts in a fraction's proportion that are usual."""
    unit = 10.0**-decimals
    smaller = min(found.numerator, found.denominator) * unit
    times = max(1, math.ceil(usual[0] / smaller))
    pair = found.numerator * unit * times, found.denominator * unit * times
    return pair if max(pair) <= usual[1] else None


def personal_columns(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, str, str]]:
    """Columns of tables of persons with numbers of more decimals than are rounded."""
    return [
        (str(schema), str(table), str(column))
        for schema, table, column in connection.execute(
            "select numbers.schema_name, numbers.table_name, numbers.column_name"
            " from duckdb_columns() as numbers inner join duckdb_columns() as keys"
            " using (database_name, schema_name, table_name)"
            " where database_name = 'muster' and keys.column_name = 'employee_key'"
            " and (numbers.data_type in ('DOUBLE', 'FLOAT')"
            " or numbers.data_type like 'DECIMAL%' and numbers.numeric_scale > ?)"
            " order by all",
            [ROUNDED],
        ).fetchall()
    ]


def of_persons(connection: duckdb.DuckDBPyConnection) -> list[Breach]:
    """Persons whose pay the analysts' marts give back: rates of now and earlier."""
    rates: dict[str, list[float]] = {}
    columns = personal_columns(connection)
    try:
        rows = connection.execute(RATES).fetchall() if columns else []
    except duckdb.CatalogException:
        return []
    for employee, _, rate in rows:
        rates.setdefault(employee, []).append(float(rate))
    breaches = []
    for schema, table, column in columns:
        for employee, value in connection.execute(
            PERSONAL.format(*map(quote, (schema, table, column)), most=MOST)
        ).fetchall():
            own = rates.get(employee, [])
            ratios = (ratio for unit in (1, 100) for ratio in terms(value, unit))
            if any(_is_paid(ratio, own) for ratio in ratios):
                breaches.append(Breach("fractions", f"{schema}.{table}", "pay", column))
    return breaches


def _is_paid(found: Fraction, rates: Iterable[float]) -> bool:
    """Whether somebody was paid both amounts of a fraction, at one time and another."""
    is_short = max(found.numerator, found.denominator) < FEW_DIGITS
    pair = amounts(found, DECIMALS[0 if is_short else 1], HOURLY)
    own = list(rates)
    return pair is not None and all(
        any(abs(rate - amount) <= 0.5 * 10.0 ** -DECIMALS[1] for rate in own)
        for amount in pair
    )


def of_populations(
    connection: duckdb.DuckDBPyConnection, figures: Iterable[Figure]
) -> list[Breach]:
    """Published ratios that are a woman's and a man's pay."""
    try:
        rows = connection.execute(LEVELS).fetchall()
    except duckdb.CatalogException:
        return []
    levels: dict[tuple[str, str, int], dict[str, set[int]]] = {}
    for regime, company, year, sex, *paid in rows:
        group = levels.setdefault((regime, company, year), {})
        cents = (round(100 * x) for x in paid if x and round(x, 2) == x)
        group.setdefault(sex, set()).update(cents)
    breaches = []
    for figure in figures:
        if figure.kind != "gap" or figure.value is None:
            continue
        regime, company = figure.key.place
        group = levels.get((regime, company, figure.key.start.year), {})
        women, men = (group.get(sex, set()) for sex in ("female", "male"))
        if any(_is_ratio(found, women, men) for found in terms(figure.value)):
            row = f"{figure.key.measure}, {where(figure.key)}"
            breaches.append(breach("fractions", figure, "pay", row))
    return breaches


def _is_ratio(found: Fraction, women: set[int], men: set[int]) -> bool:
    """Whether a woman and a man earn amounts in exactly this proportion."""
    return any(
        woman % found.numerator == 0
        and woman // found.numerator * found.denominator in men
        for woman in women
    )
