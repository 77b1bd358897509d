"""The published tables as a reader has them, and how they add up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from disclosure.attack import ALL, Category, Cell, Identity, Leaf, Publication

Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Where figures of a publication stand.

    Attributes:
        table: The published table.
        figures: Columns with the line that each tells of a row; lines that have one
            name in two tables are one figure.
        dimensions: For each dimension its columns, the coarsest first, or what stands
            for them where the table does not tell of it.
    """

    table: str
    figures: Mapping[str, Callable[[Row], str]]
    dimensions: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Linked:
    """Tables that an attacker reads together.

    Attributes:
        sources: The tables.
        identities: What is known of the lines found.
        hides_leaves: Whether lines exist whose leaves no table shows: each category of
            one dimension with each of the other.
    """

    sources: Sequence[Source]
    identities: Callable[[set[str]], Iterator[Identity]] = lambda lines: iter(())
    hides_leaves: bool = False


def month(day: date, months: int) -> date:
    """The first day of a month some months later."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def line(measure: str, period: str, months: int = 0) -> Callable[[Row], str]:
    """A measure of the row's period, or of a month that lies some months from it."""
    return lambda row: f"{measure} {month(row[period], months)}"


WORKFORCE = (("department_group",), ("region",))
PLACED = (("department_group", "department"), ("region",))


def accounts(lines: set[str]) -> Iterator[Identity]:
    """What a reader knows of headcounts and what changes them, for each year told."""
    years = {text.removeprefix("joiners ") for text in lines if "joiners" in text}
    for year in sorted(years):
        first = date.fromisoformat(year)
        yield Identity(
            {
                f"headcount {month(first, -1)}": 1,
                f"joiners {year}": 1,
                f"transfers_in {year}": 1,
                f"transfers_out {year}": -1,
                f"exits {year}": -1,
                f"headcount {month(first, 11)}": -1,
            }
        )
        yield Identity(
            {f"transfers_in {year}": 1, f"transfers_out {year}": -1}, everywhere=False
        )
        # Some left of their own will, and the others did not: fewer than none neither.
        yield Identity(
            {
                f"exits {year}": 1,
                f"exits_voluntary {year}": -1,
                f"exits_otherwise {year}": -1,
            }
        )
        # The mean of a year, twelvefold.
        yield Identity(
            {
                f"headcounts {year}": 1,
                **{f"headcount {month(first, n)}": -1 for n in range(12)},
            }
        )


LINKED: dict[str, Linked] = {
    "workforce": Linked(
        [
            Source(
                "headcount",
                {"headcount": line("headcount", "month_start_on")},
                WORKFORCE,
            ),
            Source(
                "movements",
                {
                    "opening_headcount": line("headcount", "year_start_on", -1),
                    "joiners": line("joiners", "year_start_on"),
                    "transfers_in": line("transfers_in", "year_start_on"),
                    "transfers_out": line("transfers_out", "year_start_on"),
                    "exits": line("exits", "year_start_on"),
                    "closing_headcount": line("headcount", "year_start_on", 11),
                },
                WORKFORCE,
            ),
            Source(
                "turnover",
                {
                    "exits": line("exits", "year_start_on"),
                    "exits_voluntary": line("exits_voluntary", "year_start_on"),
                    "headcount_mean": line("headcounts", "year_start_on"),
                },
                WORKFORCE,
            ),
        ],
        accounts,
        hides_leaves=True,
    ),
    "absence": Linked(
        [
            Source(
                "absence",
                {
                    "scheduled_days": line("scheduled", "quarter_start_on"),
                    "lost_days": line("lost", "quarter_start_on"),
                },
                PLACED,
            )
        ],
        hides_leaves=True,
    ),
    "cost": Linked(
        [
            Source(
                "cost",
                {
                    "gross_pay": line("gross_pay", "year_start_on"),
                    "employer_cost": line("employer_cost", "year_start_on"),
                    "fte_months": line("fte_months", "year_start_on"),
                },
                PLACED,
            )
        ],
        hides_leaves=True,
    ),
    "working_time": Linked(
        [
            Source(
                "working_time",
                {
                    "worked_hours": line("worked_hours", "quarter_start_on"),
                    "breaches_weekly_hours": line("weekly", "quarter_start_on"),
                    "breaches_daily_rest": line("rest", "quarter_start_on"),
                },
                WORKFORCE,
            )
        ]
    ),
}


def read(published: Path, table: str) -> list[Row]:
    """The rows of a published table."""
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute(f"select * from main.{table}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def publication(published: Path, linked: Linked) -> Publication:
    """What a reader has of tables that belong together.

    Raises:
        AssertionError: Two tables contradict each other.
    """
    figures: dict[Cell, float | None] = {}
    for source in linked.sources:
        for row in read(published, source.table):
            categories = tuple(
                tuple(row[column] for column in columns)
                for columns in source.dimensions
            )
            for column, name in source.figures.items():
                factor = 12 if column == "headcount_mean" else 1
                value = None if row[column] is None else float(row[column]) * factor
                told = figures.setdefault((categories, name(row)), value)
                if told is None:
                    figures[categories, name(row)] = value
                elif value is not None:
                    assert abs(told - value) < 1e-6, (categories, name(row))
    return _complete(figures, linked)


def recruiting(published: Path) -> Publication:
    """Applications by what became of them: told in columns, added up in rows."""
    figures: dict[Cell, float | None] = {}
    for row in read(published, "recruiting"):
        place = (
            (row["department_group"], row["department"]),
            (row["region"], row["branch"]),
        )
        told = {
            (ALL, ALL): row["applications"],
            ("accepted", ALL): row["accepted"],
            ("accepted", "from within"): row["accepted_from_within"],
        }
        for outcome, value in told.items():
            figures[(*place, outcome), str(row["year_start_on"])] = (
                None if value is None else float(value)
            )
    leaves = leaf_categories(figures, 2)
    outcomes: list[Category] = [
        ("accepted", "from within"),
        ("accepted", "from outside"),
        ("no", "no"),
    ]
    hidden = {
        (department, place, outcome)
        for department in leaves[0]
        for place in leaves[1]
        for outcome in outcomes
    }
    return Publication(figures, hidden_leaves=frozenset(hidden))


def quartiles(published: Path) -> Publication:
    """Women and men by quarter of the pay scale, with the sizes that the rule gives."""
    figures: dict[Cell, float | None] = {}
    for row in read(published, "pay_quartiles"):
        block = " ".join(
            str(row[c]) for c in ("regime", "company", "basis", "reference_year")
        )
        quarter: Category = (row["quartile"],)
        for sex in ("women", "men"):
            value = None if row[sex] is None else float(row[sex])
            figures[(quarter, (sex,)), block] = value
    # Who knows how many there are knows how many are in each quarter.
    for (quarter, _), block in list(figures):
        if quarter == (ALL,):
            totals = [figures[((ALL,), (sex,)), block] for sex in ("women", "men")]
            if None not in totals:
                people = int(sum(value for value in totals if value is not None))
                for size, name in zip(sizes(people), QUARTERS, strict=True):
                    figures[((name,), (ALL,)), block] = float(size)
    return Publication(figures)


QUARTERS = ("lower", "lower_middle", "upper_middle", "upper")


def sizes(people: int) -> list[int]:
    """How many are in each quarter, the lowest first."""
    extra = {0: (), 1: (0,), 2: (0, 2), 3: (0, 1, 2)}[people % 4]
    return [people // 4 + (n in extra) for n in range(4)]


def _complete(figures: dict[Cell, float | None], linked: Linked) -> Publication:
    lines = {line for _, line in figures}
    identities = list(linked.identities(lines))
    hidden: frozenset[Leaf] = frozenset()
    if linked.hides_leaves:
        one, other = leaf_categories(figures, 2)
        hidden = frozenset((first, second) for first in one for second in other)
    return Publication(figures, identities, hidden)


def leaf_categories(figures: Mapping[Cell, Any], number: int) -> list[set[Category]]:
    """The categories of the first dimensions that are no totals."""
    return [
        {categories[n] for categories, _ in figures if categories[n][-1] != ALL}
        for n in range(number)
    ]
