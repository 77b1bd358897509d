"""The publication as a reader has it: what each number is about, and how exact it is.

`TABLES` is the one place that knows names of tables and columns. It knows also those of
the publication as it once was, which the tests keep.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from operations.build import artifacts

ALL = "All"

Groups = Mapping[tuple[int, str], frozenset[str]]
"""Place in `DIMENSIONS` and label of a group to its members."""

REST = "in no group"
"""Whoever is in no published group: the unassigned, and what was folded away."""

UNASSIGNED = frozenset({"Unassigned", "Unknown", REST})

DIMENSIONS = ("department_group", "department", "region", "branch")
PAY_DIMENSIONS = ("regime", "company")
FEWEST_SEEN = 8
"""Fewer numbers than this may have a step by chance."""

DECIMAL = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")

UNITS = {
    "month_start_on": "month",
    "quarter_start_on": "quarter",
    "year_start_on": "year",
    "reference_year": "year",
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Key(NamedTuple):
    """What a number of people is about.

    Attributes:
        measure: Who is counted, such as `joiners`.
        place: A label of each of `DIMENSIONS`, or of `PAY_DIMENSIONS`.
        unit: How long the period is, one of `MONTHS`.
        start: Its first day.
    """

    measure: str
    place: tuple[str, ...]
    unit: str
    start: date


def relabelled(key: Key, n: int, label: str) -> Key:
    """The same of another place: with a label for the one in a dimension."""
    return key._replace(place=(*key.place[:n], label, *key.place[n + 1 :]))


def totals(key: Key) -> Iterator[tuple[int, Key]]:
    """What a number is a part of, with the dimension that the parts share out.

    A department is a part of its group, not of the company; so is a branch of its
    region.
    """
    for n, label in enumerate(key.place):
        if label != ALL and (n % 2 == 1 or key.place[n + 1] == ALL):
            yield n, relabelled(key, n, ALL)


@dataclass(frozen=True)
class Column:
    """What a published column tells.

    Attributes:
        kind: `count` of people; `mean`: of the year's headcounts; `rate`: of `base`, in
            per cent; `sum` or `average` of what people have, such as money; `gap`: a
            ratio of two amounts; `plain`: tells of nobody.
        measure: Of whom, as in `Key`; of a sum, whose contributions make it.
        base: What a rate is divided by; of a count, the months from the row's period
            to the month that it tells of.
    """

    kind: str
    measure: str = ""
    base: str = ""


TABLES: Mapping[str, Mapping[str, Column]] = {
    "headcount": {"headcount": Column("count", "headcount")},
    "movements": {
        "opening_headcount": Column("count", "headcount", "-1"),
        "joiners": Column("count", "joiners"),
        "transfers_in": Column("count", "transfers_in"),
        "transfers_out": Column("count", "transfers_out"),
        "exits": Column("count", "exits"),
        "closing_headcount": Column("count", "headcount", "11"),
    },
    "turnover": {
        "exits": Column("count", "exits"),
        "exits_voluntary": Column("count", "exits_voluntary"),
        "headcount_mean": Column("mean", "headcount"),
        "turnover_pct": Column("rate", "exits", "mean"),
        "voluntary_turnover_pct": Column("rate", "exits_voluntary", "mean"),
    },
    "absence": {
        "scheduled_days": Column("average", "scheduled"),
        "lost_days": Column("sum", "absent"),
        "absence_pct": Column("average", "absent"),
    },
    "cost": {
        "gross_pay": Column("sum", "paid"),
        "employer_cost": Column("sum", "paid"),
        "cost": Column("sum", "paid"),
        "fte_months": Column("average", "fte"),
        "cost_per_fte": Column("average", "paid"),
    },
    "working_time": {
        "worked_hours": Column("sum", "worked"),
        "worked_hours_per_day": Column("average", "worked"),
        "people_in_breach": Column("count", "in_breach"),
        "people_in_breach_pct": Column("rate", "in_breach", "employed"),
    },
    "recruiting": {
        "applications": Column("count", "applications"),
        "accepted": Column("count", "accepted"),
        "accepted_from_within": Column("count", "accepted_from_within"),
        "internal_fill_pct": Column("rate", "accepted_from_within", "accepted"),
        "time_to_fill_days_median": Column("plain"),
    },
    "pay_gap": {
        "value_pct": Column("gap"),
        "women": Column("count", "women"),
        "men": Column("count", "men"),
        "undeclared_or_other": Column("count", "other"),
    },
    "pay_quartiles": {
        "women": Column("count", "women"),
        "men": Column("count", "men"),
        "women_pct": Column("rate", "women", "size"),
        "men_pct": Column("rate", "men", "size"),
    },
}

POPULATIONS = {
    "uk": {"a": "full", "b": "recipients", "c": "full", "d": "recipients"},
}
"""Whom a metric compares, by regime: all that are `relevant` where it is not said."""


@dataclass(frozen=True)
class Figure:
    """One number of the publication.

    Attributes:
        table: Where it stands.
        column: Its column.
        kind: As in `Column`.
        key: Whom it is about.
        base: As in `Column`, of a rate.
        value: What is told; None where it is withheld.
        step: What it is rounded to; 0 where nothing is said, and it is exact.
        is_withheld: Whether it is missing though the table tells it elsewhere.
        is_explained: Whether its row says why, if it is missing.
    """

    table: str
    column: str
    kind: str
    key: Key
    base: str
    value: float | None
    step: float
    is_withheld: bool = False
    is_explained: bool = False

    @property
    def least(self) -> float:
        """The least that the truth can be."""
        return (self.value or 0.0) - self.step / 2

    @property
    def greatest(self) -> float:
        """The most that the truth can be."""
        return (self.value or 0.0) + self.step / 2


@dataclass(frozen=True)
class Publication:
    """All that is published, and what anybody knows besides.

    Attributes:
        figures: Every number.
        regions: Company to the regions it has branches in.
        working_days: Unit and first day of a period to its working days.
        groups: What is published as one.
        parts: Place and label of a group, of now or before, to the labels of what makes
            it up; only where two releases divide the company differently.
    """

    figures: Sequence[Figure]
    regions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    working_days: Mapping[tuple[str, date], float] = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)
    parts: Groups = field(default_factory=dict)


def read(
    connection: duckdb.DuckDBPyConnection,
    manifest: Path | None,
    database: str = "published",
) -> Publication:
    """Read a publication that is attached by the name of `database`.

    Companies' branches and calendars come from `muster` and `restricted`, where they
    are attached: both are public.
    """
    steps = read_steps(manifest)
    figures: list[Figure] = []
    for table, columns in TABLES.items():
        rows, decimals = rows_of(connection, f"{database}.main.{table}")
        stated = decimals | seen(columns, rows) | steps.get(table, {})
        figures += _table(table, columns, rows, stated)
    return Publication(
        figures,
        _regions(connection),
        _working_days(connection),
        _groups(connection, f"{database}.main.groups"),
    )


def rows_of(
    connection: duckdb.DuckDBPyConnection, table: str
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """The rows of a table, and the steps of its decimals; none without a table."""
    try:
        found = connection.execute(f"select * from {table}")
    except duckdb.CatalogException:
        return [], {}
    columns = {column[0]: DECIMAL.match(str(column[1])) for column in found.description}
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    return rows, {name: 10.0 ** -int(kind[1]) for name, kind in columns.items() if kind}


def seen(
    columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]
) -> dict[str, float]:
    """Steps that nobody states but anybody sees: all numbers are thousands, say."""
    steps: dict[str, float] = {}
    for name, column in columns.items():
        values = [float(row[name]) for row in rows if row.get(name)]
        if column.kind in ("sum", "average") and len(values) >= FEWEST_SEEN:
            zeros = [n for n in range(1, 9) if all(v % 10**n == 0 for v in values)]
            steps |= {name: 10.0 ** max(zeros)} if zeros else {}
    return steps


def read_steps(manifest: Path | None) -> dict[str, dict[str, float]]:
    """The steps that are tested, by table and column.

    In a row of its own a step stands as `count_step`, or `value_step`, before these.
    """
    found = artifacts.read(manifest, is_needed=False) if manifest else {}
    nodes = found.get("nodes", {})
    steps: dict[str, dict[str, float]] = {}
    for node in nodes.values():
        tested = (node.get("test_metadata") or {}).get("kwargs", {}).get("steps", {})
        model = nodes.get(node.get("attached_node"), {})
        for column, step in tested.items():
            with suppress(TypeError, ValueError):
                alias = str(model.get("alias"))
                steps.setdefault(alias, {})[column] = float(step)
    return steps


def _table(
    table: str,
    columns: Mapping[str, Column],
    rows: Sequence[Mapping[str, Any]],
    steps: Mapping[str, float],
) -> Iterator[Figure]:
    told = (
        {name: [row for row in rows if row.get(name) is not None] for name in rows[0]}
        if rows
        else {}
    )
    # What is told of the whole company alone is missing nowhere else.
    everywhere = {n for n, found in told.items() if not all(map(is_whole, found))}
    for row in rows:
        is_explained = (
            row.get("withheld_reason") or row.get("null_reason")
        ) is not None
        for name, column in columns.items():
            if name not in row:
                continue
            own = "count_step" if column.kind == "count" else "value_step"
            value = None if row[name] is None else float(row[name])
            yield Figure(
                table,
                name,
                *_about(table, row, column),
                value,
                float(row.get(own) or steps.get(name, 0)),
                value is None
                and row.get("null_reason") is None
                and (name in everywhere or is_whole(row)),
                is_explained,
            )


def is_whole(row: Mapping[str, Any]) -> bool:
    """Whether a row tells of the whole company."""
    places = [row[name] for name in DIMENSIONS if name in row]
    return bool(places) and set(places) == {ALL}


def _about(table: str, row: Mapping[str, Any], column: Column) -> tuple[str, Key, str]:
    """Kind, key and base of a column in a row."""
    period = next(name for name in UNITS if name in row)
    start = row[period]
    unit = UNITS[period]
    kind, measure, base = column.kind, column.measure, column.base
    if not isinstance(start, date):
        start = date(int(start), 1, 1)
    if table not in ("pay_gap", "pay_quartiles"):
        place = tuple(row.get(name, ALL) for name in DIMENSIONS)
        if kind == "count" and measure == "headcount":
            unit, start, base = "month", month(start, int(base or 0)), ""
        return kind, Key(measure, place, unit, start), base
    place = tuple(row[name] for name in PAY_DIMENSIONS)
    whom = population(row["regime"], str(row.get("metric", "a")))
    if table == "pay_gap" and kind == "gap":
        if row["metric"].startswith("e_"):
            sex = row["metric"].rpartition("_")[2]
            kind, measure = "rate", f"recipients {sex}"
            base = f"relevant {sex}"
        else:
            measure = f"{row['basis']} {row['metric']}"
    elif table == "pay_quartiles" and band(row) != ALL:
        quartile = f"{row['basis']} {band(row)}"
        measure = f"{quartile} {measure}"
        base = base and f"{quartile} {base}"
    else:
        measure = f"{whom} {measure}"
        base = base and f"{whom} {base}"
    return kind, Key(measure, place, unit, start), base


def band(row: Mapping[str, Any]) -> str:
    """The part of the pay scale that a row tells of."""
    return str(row.get("pay_band") or row.get("quartile"))


def population(regime: str, metric: str) -> str:
    """Whom a metric compares by the rules of a regime."""
    return POPULATIONS.get(regime, {}).get(metric[0], "relevant")


def month(day: date, months: int) -> date:
    """The first day of a month some months later."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _groups(connection: duckdb.DuckDBPyConnection, table: str) -> Groups:
    members: dict[tuple[int, str], set[str]] = {}
    places = {"department": 0, "region": 2}
    for row in rows_of(connection, table)[0]:
        group = places[row["dimension"]], str(row["published_group"])
        members.setdefault(group, set()).add(str(row["member"]))
    return {group: frozenset(found) for group, found in members.items()}


def _regions(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    regions: dict[str, set[str]] = {}
    try:
        for company, region in connection.execute(
            "select distinct company, region from muster.core.dim_employee_history"
        ).fetchall():
            regions.setdefault(company, set()).add(region)
    except duckdb.Error:
        return {}
    return {company: frozenset(found) for company, found in regions.items()}


def _working_days(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, date], float]:
    """The mean of all countries' calendars, which differ by a day or so."""
    try:
        found = connection.execute(
            "with months as (select calendar_code, date_trunc('month', date_on) as m,"
            " count(*) filter (is_working_day) as days"
            " from restricted.working_time.int_working_calendars_derived"
            " where calendar_code <> 'none' group by all)"
            " select cast(m as date), avg(days) from months group by m"
        ).fetchall()
    except duckdb.Error:
        return {}
    days = {("month", start): float(mean) for start, mean in found}
    for unit in ("quarter", "year"):
        for _, start in list(days):
            if (start.month - 1) % MONTHS[unit] == 0:
                parts = [
                    days.get(("month", month(start, n))) for n in range(MONTHS[unit])
                ]
                if None not in parts:
                    days[unit, start] = sum(part for part in parts if part)
    return days
