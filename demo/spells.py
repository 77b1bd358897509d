"""What the other systems need from the ledger: the company's span and its spells.

A spell is the half-open run of days over which an employment held one value of one
attribute (its company, its branch, ...). Retracted records are never part of one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from demo.statements import run

HIDDEN_DAYS = 31
"""Days simulated beyond the company's end, hidden until its clock is advanced."""

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Span:
    """The days a demo company is simulated for, and the seed of all its chances.

    Args:
        seed: The seed.
        starts_on: First day.
        ends_on: Day after the last visible day.
    """

    seed: int
    starts_on: date
    ends_on: date

    @property
    def horizon(self) -> date:
        """Day after the last simulated day."""
        return self.ends_on + timedelta(days=HIDDEN_DAYS)

    def day_at(self, share: float) -> date:
        """Give the day at a share (0 to 1) of the visible days."""
        return self.starts_on + (self.ends_on - self.starts_on) * share


def read_span(home: Path) -> Span:
    """Read the span from the company's state file.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
    """
    state = json.loads((home / "demo" / "state.json").read_text())
    return Span(
        seed=int(state["seed"]),
        starts_on=date.fromisoformat(state["starts_on"][:10]),
        ends_on=date.fromisoformat(state["ends_on"][:10]),
    )


def naive_utc(instant: datetime) -> datetime:
    """Give an instant as the naive UTC timestamp that files and tables hold."""
    if instant.tzinfo is None:
        return instant
    return instant.astimezone(UTC).replace(tzinfo=None)


def ledger_path(home: Path, table: str) -> Path:
    """Give where the ledger keeps a table."""
    return home / "demo" / "ledger" / f"{table}.parquet"


def connect(home: Path, span: Span) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database with the ledger's people and employments as views.

    The views leave out employments that were entered by mistake and deleted later.
    Macros give chance: `chance(what, a, b)` is 64 bits fixed by the seed and its
    arguments, `part(bits, n)` the n-th of four numbers in [0, 1) cut from them.
    `quick_chance` is for millions of rows: thirty times as fast, and fixed only as
    long as DuckDB's own `hash` is.
    """
    database = duckdb.connect()
    database.execute("set TimeZone = 'UTC'")
    database.execute("set arrow_large_buffer_size = true")
    database.execute("set enable_progress_bar = false")
    for table in ("people", "assignment_changes", "contracted_hours"):
        path = ledger_path(home, table)
        database.execute(f"create view {table} as select * from read_parquet('{path}')")
    path = ledger_path(home, "employments")
    database.execute(
        "create view employments as "
        f"select * from read_parquet('{path}') where retracted_at is null"
    )
    database.execute(
        "create macro chance(what, a, b) as md5_number_lower("
        f"'{span.seed}|' || what || '|' || a || '|' || b)"
    )
    database.execute(
        f"create macro quick_chance(what, a, b) as hash({span.seed}, what, a, b)"
    )
    database.execute(
        "create macro part(bits, n) as ((bits >> (16 * n)) & 65535) / 65536.0::double"
    )
    return database


def create_spells(
    database: duckdb.DuckDBPyConnection, field: str, horizon: date
) -> None:
    """Create the table `<field>_spells`: each employment's values of one attribute.

    Args:
        database: A connection from `connect`.
        field: The attribute: company, department, branch, designation or grade.
        horizon: Day that ends the spells still open.
    """
    run(database, "spells", field=field, horizon=horizon)
    database.execute(
        f"create table {field}_spells as"
        f" select * rename (held_value as {field}) from spells"
    )
