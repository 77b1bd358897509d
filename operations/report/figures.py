"""What the site shows: its pages, their figures, and the published rows of each.

Everything is read from the published tables as it stands there. No two values are put
together: a row of a figure is a row of its table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from environment.sql import quote
from operations.numbers import (
    COUNT,
    DAYS,
    HOURS,
    MILLIONS,
    MONEY,
    PERCENT,
    Kind,
)

ALL = "All"
"""What the published tables call the row over all groups, or over all regions."""

CELL = ("group", "region")
SCALE = ("company", "regime", "basis", "year")

KEYS = {
    "group": "department_group",
    "region": "region",
    "company": "company",
    "regime": "regime",
    "basis": "basis",
    "metric": "metric",
    "band": "pay_band",
}
"""What a row is about, by the column that tells it."""

PERIODS = ("month_start_on", "year_start_on", "reference_year")

PUBLISHED = "BR-13"
"""The requirement on all that is published."""

METRICS = (
    "a_mean_gap",
    "b_mean_component_gap",
    "c_median_gap",
    "d_median_component_gap",
    "e_component_share_women",
    "e_component_share_men",
)
"""Article 9(1) of Directive (EU) 2023/970; (f) are the pay bands."""

BANDS = ("lower", "lower_middle", "upper_middle", "upper", "lower_half", "upper_half")


@dataclass(frozen=True)
class Figure:
    """One figure of a page.

    Attributes:
        name: What its words, its files and its place on the page are called.
        table: The published table.
        measures: The columns that are shown, with what each is told in.
        chart: How it is drawn, a function of `charts`.
        requirement: What it answers, besides `PUBLISHED`.
        filters: What a reader may choose, by the names of `KEYS` and `year`.
        rows: Which rows, as SQL.
        company_alone: Measures that are told of the whole company alone.
    """

    name: str
    table: str
    measures: Mapping[str, Kind]
    chart: str
    requirement: str
    filters: tuple[str, ...] = CELL
    rows: str = "true"
    company_alone: frozenset[str] = frozenset()

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements that it answers."""
        return (self.requirement, PUBLISHED)


@dataclass(frozen=True)
class Row:
    """A published row.

    Attributes:
        period: Its month, or its year.
        keys: What it is about, by the names of `KEYS`.
        values: Its measures; none where it is not told.
        reason: The published reason why one of them is not told, or none.
        is_assumed: Whether it rests on an assumption.
        currency: In which money is told, or none.
        is_month: Whether its period is a month.
    """

    period: date | int
    keys: Mapping[str, str]
    values: Mapping[str, int | Decimal | None]
    reason: str | None
    is_assumed: bool
    currency: str | None
    is_month: bool

    @property
    def month(self) -> int:
        """The month of its period; of a year the first."""
        return self.period.month if isinstance(self.period, date) else 1

    @property
    def year(self) -> int:
        """The year of its period."""
        return self.period.year if isinstance(self.period, date) else self.period


GROUPS = "department_group <> 'All'"
REGIONS = "region <> 'All'"
COMPANY = "department_group = 'All' and region = 'All'"
TWELVE_MONTHS_APART = (
    "extract(month from month_start_on)"
    " = (select extract(month from max(month_start_on)) from headcount)"
)


def compared(
    name: str,
    table: str,
    measures: Mapping[str, Kind],
    requirement: str,
    also: str = "",
) -> tuple[Figure, Figure]:
    """The same measure side by side: of groups, and of regions."""
    and_also = f" and {also}" if also else ""
    return (
        Figure(
            f"{name}_groups",
            table,
            measures,
            "groups",
            requirement,
            ("year",),
            GROUPS + and_also,
        ),
        Figure(
            f"{name}_regions",
            table,
            measures,
            "regions",
            requirement,
            ("year",),
            REGIONS + and_also,
        ),
    )


def of_metrics(letters: str) -> str:
    """SQL for the metrics that begin with one of these letters."""
    chosen = ", ".join(f"'{each}'" for each in METRICS if each[0] in letters)
    return f"metric in ({chosen})"


PAGES: Mapping[str, Sequence[Figure]] = {
    "index": (
        Figure("front_headcount", "headcount", {"headcount": COUNT}, "months", "BR-01"),
    ),
    "headcount": (
        Figure("headcount", "headcount", {"headcount": COUNT}, "months", "BR-01"),
        *compared(
            "headcount",
            "headcount",
            {"headcount": COUNT},
            "BR-01",
            TWELVE_MONTHS_APART,
        ),
    ),
    "movements": (
        Figure(
            "movements",
            "movements",
            {
                "opening_headcount": COUNT,
                "joiners": COUNT,
                "exits": COUNT,
                "closing_headcount": COUNT,
            },
            "waterfall",
            "BR-02",
            (*CELL, "year"),
        ),
        Figure(
            "movements_years",
            "movements",
            {"joiners": COUNT, "exits": COUNT},
            "years",
            "BR-02",
        ),
    ),
    "turnover": (
        Figure(
            "turnover",
            "turnover",
            {"turnover_pct": PERCENT, "voluntary_turnover_pct": PERCENT},
            "years",
            "BR-03",
            company_alone=frozenset({"voluntary_turnover_pct"}),
        ),
        *compared("turnover", "turnover", {"turnover_pct": PERCENT}, "BR-03"),
    ),
    "pay_gap": (
        Figure(
            "gap_companies",
            "pay_gap",
            {"value_pct": PERCENT},
            "companies",
            "BR-09",
            ("regime", "basis", "year"),
            of_metrics("ac"),
        ),
        Figure(
            "gap_metrics",
            "pay_gap",
            {"value_pct": PERCENT},
            "metrics",
            "BR-09",
            SCALE,
            of_metrics("abcd"),
        ),
        Figure(
            "gap_shares",
            "pay_gap",
            {"value_pct": PERCENT},
            "metrics",
            "BR-09",
            SCALE,
            of_metrics("e"),
        ),
        Figure(
            "gap_quartiles",
            "pay_quartiles",
            {"women_pct": PERCENT, "men_pct": PERCENT},
            "bands",
            "BR-09",
            SCALE,
        ),
    ),
    "absence": (
        Figure("absence", "absence", {"absence_pct": PERCENT}, "years", "BR-07"),
        *compared("absence", "absence", {"absence_pct": PERCENT}, "BR-07"),
        Figure(
            "worked_hours",
            "working_time",
            {"worked_hours_per_day": HOURS},
            "years",
            "BR-08",
        ),
        Figure(
            "breaches",
            "working_time",
            {"people_in_breach_pct": PERCENT},
            "years",
            "BR-08",
            (),
            COMPANY,
        ),
    ),
    "hiring": (
        Figure("applications", "recruiting", {"applications": COUNT}, "years", "BR-14"),
        Figure("accepted", "recruiting", {"accepted": COUNT}, "years", "BR-14"),
        Figure(
            "time_to_fill",
            "recruiting",
            {"time_to_fill_days_median": DAYS},
            "years",
            "BR-14",
        ),
        Figure(
            "internal_fill",
            "recruiting",
            {"internal_fill_pct": PERCENT},
            "years",
            "BR-14",
            (),
            COMPANY,
        ),
    ),
    "cost": (
        Figure("cost", "cost", {"cost": MILLIONS}, "years", "BR-12"),
        Figure("cost_per_fte", "cost", {"cost_per_fte": MONEY}, "years", "BR-12"),
        *compared("cost", "cost", {"cost_per_fte": MONEY}, "BR-12"),
    ),
}
"""The pages in the order of their navigation, each with its figures."""

REQUIREMENTS = tuple(
    dict.fromkeys(
        each
        for figures in PAGES.values()
        for figure in figures
        for each in figure.requirements
    )
)


@dataclass(frozen=True)
class Tile:
    """One tile of the front page: a measure of the newest period."""

    name: str
    page: str
    table: str
    measure: str
    unit: Kind
    rows: str = "true"


TILES = (
    Tile("headcount", "headcount", "headcount", "headcount", COUNT),
    Tile("joiners", "movements", "movements", "joiners", COUNT),
    Tile("leavers", "movements", "movements", "exits", COUNT),
    Tile("turnover", "turnover", "turnover", "turnover_pct", PERCENT),
    Tile("absence", "absence", "absence", "absence_pct", PERCENT),
    Tile(
        "gap",
        "pay_gap",
        "pay_gap",
        "value_pct",
        PERCENT,
        "metric = 'a_mean_gap' and regime = 'eu' and basis = 'hourly'",
    ),
)
"""The six of the front page; the gap is each company's own."""


def read(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    measures: Sequence[str],
    where: str = "true",
) -> list[Row]:
    """The rows of a published table, oldest first.

    Of a release that was made before the table, or a column, was there are none.
    """
    try:
        shape = connection.execute(f"from {quote(table)} limit 0").description or ()
    except duckdb.CatalogException:
        return []
    columns = [str(each[0]) for each in shape]
    if not set(measures) <= set(columns):
        return []
    (period,) = (each for each in PERIODS if each in columns)
    keys = {name: column for name, column in KEYS.items() if column in columns}
    order = ", ".join(quote(each) for each in (period, *keys.values()))
    found = connection.execute(
        f"select * from {quote(table)} where {where} order by {order} nulls last"
    )
    names = [each[0] for each in found.description or ()]
    return [
        row_of(dict(zip(names, values, strict=True)), period, keys, measures)
        for values in found.fetchall()
    ]


def row_of(
    record: Mapping[str, Any],
    period: str,
    keys: Mapping[str, str],
    measures: Sequence[str],
) -> Row:
    """A published row, as far as a figure shows it."""
    return Row(
        period=record[period],
        keys={name: str(record[column]) for name, column in keys.items()},
        values={name: record[name] for name in measures},
        reason=record.get("withheld_reason") or record.get("null_reason"),
        is_assumed=bool(record.get("is_assumed")),
        currency=record.get("currency"),
        is_month=period == "month_start_on",
    )


def groups(
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[str, str, list[str]]]:
    """What each published group holds: dimension, group and members, in order."""
    tables = connection.execute(
        "select count(*) from duckdb_tables() where table_name = 'groups'"
        " and database_name = current_database()"
    ).fetchall()
    if not tables[0][0]:
        return
    rows = connection.execute(
        "select dimension, published_group, list(member order by member)"
        " from groups group by dimension, published_group order by all"
    ).fetchall()
    for dimension, group, members in rows:
        yield str(dimension), str(group), [str(each) for each in members]
