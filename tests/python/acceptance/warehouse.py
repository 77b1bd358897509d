"""Reading the warehouse's databases, and telling two of them apart."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isclose
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
from oracle import MEASURES, Cell

from ingestion.log import Log

Key = TypeVar("Key")
GrainT = TypeVar("GrainT", bound=NamedTuple)
FiguresT = TypeVar("FiguresT", bound=NamedTuple)
RowT = TypeVar("RowT", bound=tuple[Any, ...])

# Means and shares are doubles; the order in which they are summed is the engine's.
TOLERANCE = 1e-12

# Run logs tell of their own run; every other table is a function of raw and `as_at`.
SCHEMAS_OF_RUNS = ("ops",)

# What one build had to do, since the last.
TABLES_OF_RUNS = ("int_punches_changed", "int_working_days_due")

# What was known when differs by when it was loaded: tests of their own compare it.
SCHEMAS_OF_KNOWN_TIME = ("features",)


def rows(database: Path, query: str, **attached: Path) -> list[tuple[Any, ...]]:
    """The rows of a query; further databases are attached under the names given.

    A folder is a log, and shown as one.
    """
    with duckdb.connect() as connection:
        for name, path in {database.stem: database, **attached}.items():
            if path.is_dir():
                Log(path).attach(connection, name)
            else:
                connection.execute(f"attach '{path}' as {name} (read_only)")
        connection.execute(f"use {database.stem}")
        return connection.execute(query).fetchall()


def headcount(marts: Path) -> dict[Cell, tuple[int, Decimal]]:
    """The headcount report, as the oracle gives it."""
    found = rows(
        marts,
        "select month_start_on, department, region, designation, headcount, fte"
        " from people.rpt_headcount_monthly",
    )
    cells = {Cell(*row[:4]): (row[4], row[5]) for row in found}
    assert len(cells) == len(found), "rpt_headcount_monthly has two rows for a cell"
    return cells


def movements(marts: Path) -> dict[Cell, dict[str, int]]:
    """The movements report, as the oracle gives it."""
    found = rows(
        marts,
        f"select month_start_on, department, region, designation, {', '.join(MEASURES)}"
        " from people.rpt_movements_monthly",
    )
    cells = {Cell(*row[:4]): dict(zip(MEASURES, row[4:], strict=True)) for row in found}
    assert len(cells) == len(found), "rpt_movements_monthly has two rows for a cell"
    return cells


def months(marts: Path) -> list[date]:
    """The months that the movements report covers."""
    return [
        row[0]
        for row in rows(
            marts,
            "select distinct month_start_on from people.rpt_movements_monthly"
            " order by all",
        )
    ]


def disagreements(expected: Mapping[Key, Any], found: Mapping[Key, Any]) -> list[str]:
    """Every key on which the two differ, told in a line each."""
    keys = sorted(expected.keys() | found.keys(), key=repr)
    return [
        f"{key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in keys
        if expected.get(key) != found.get(key)
    ]


def report(
    marts: Path, table: str, grain: type[GrainT], figures: type[FiguresT]
) -> dict[GrainT, FiguresT]:
    """A report as the oracle gives it: columns are named as the oracle's fields."""
    names = {"month": "month_start_on"}
    columns = [names.get(name, name) for name in (*grain._fields, *figures._fields)]
    found = rows(marts, f"select {', '.join(columns)} from {table}")
    width = len(grain._fields)
    told = {grain(*row[:width]): figures(*row[width:]) for row in found}
    assert len(told) == len(found), f"{table} has two rows for a cell"
    return told


def near_disagreements(
    expected: Mapping[Key, RowT],
    found: Mapping[Key, RowT],
    tolerance: float = TOLERANCE,
) -> list[str]:
    """As `disagreements`, but for what the last digits of a double differ by.

    Args:
        expected: what the oracle says.
        found: what the warehouse says.
        tolerance: the share of a double that it may differ by.
    """

    def are_near(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
        return all(
            isclose(a, b, rel_tol=tolerance)
            if isinstance(a, float) and isinstance(b, float)
            else a == b
            for a, b in zip(left, right, strict=True)
        )

    kept = {
        key: expected[key] if key in expected and are_near(expected[key], row) else row
        for key, row in found.items()
    }
    return disagreements(expected, kept)


def tables(database: Path) -> dict[str, list[str]]:
    """The columns of each table of a database, but for those that log runs."""
    columns: dict[str, list[str]] = {}
    found = rows(
        database,
        "select schema_name || '.' || table_name, column_name from duckdb_columns()"
        " where database_name = current_database() and not internal"
        " and table_name in (select table_name from duckdb_tables())"
        f" and schema_name not in {(*SCHEMAS_OF_RUNS, '')}"
        f" and table_name not in {TABLES_OF_RUNS}"
        " order by 1, column_index",
    )
    for table, column in found:
        columns.setdefault(table, []).append(column)
    return columns


def table_differences(left: Path, right: Path, but: tuple[str, ...] = ()) -> list[str]:
    """In what two databases differ, row for row; nothing where they are equal.

    Args:
        left: One database.
        right: The other.
        but: Schemas that are not compared.
    """
    columns, others = (
        {
            table: names
            for table, names in tables(database).items()
            if not table.startswith(tuple(f"{schema}." for schema in but))
        }
        for database in (left, right)
    )
    told = [
        f"{table}: columns {columns.get(table)} and {others.get(table)}"
        for table in sorted(columns.keys() | others.keys())
        if columns.get(table) != others.get(table)
    ]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{left}' as a (read_only)")
        connection.execute(f"attach '{right}' as b (read_only)")
        for table in sorted(columns.keys() & others.keys()):
            for one, other in (("a", "b"), ("b", "a")):
                extra = connection.execute(
                    f"select * from {one}.{table}"
                    f" except all select * from {other}.{table}"
                ).fetchall()
                if extra:
                    side = "first" if one == "a" else "second"
                    told.append(
                        f"{table}: {len(extra)} rows only in the {side}, such as"
                        f" {extra[:3]}"
                    )
    return told


def staged_files(restricted: Path, raw: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """What is known now of each staging view over files, but for the file it came in.

    What was delivered more often than once is so in one view, by its meaning: it
    counts once.
    """
    views = rows(
        restricted,
        """
        select
            columns.schema_name || '.' || columns.table_name,
            string_agg(columns.column_name, ', ' order by columns.column_index)
        from duckdb_columns() as columns
        inner join duckdb_views() as views
            on views.view_name = columns.table_name
            and views.schema_name = columns.schema_name
        where columns.schema_name in ('staging_attendance', 'staging_ats', 'staging_fx')
            and columns.column_name not like 'file_%'
            and columns.column_name not in ('load_id', 'known_from', 'known_to')
        group by all
        """,
    )
    return {
        view: Counter(
            rows(
                restricted,
                f"select distinct {columns} from {view}"
                if view.endswith("deliveries")
                else f"select {columns} from {view} where known_to = '9999-12-31'",
                raw=raw,
            )
        )
        for view, columns in views
    }


def staged_differences(
    left: Mapping[str, Counter[tuple[Any, ...]]],
    right: Mapping[str, Counter[tuple[Any, ...]]],
) -> list[str]:
    """In what two sets of staged files differ, a line for each view and side."""
    told = []
    for view in sorted(left.keys() | right.keys()):
        for side, only in (
            ("first", left[view] - right[view]),
            ("second", right[view] - left[view]),
        ):
            if only:
                sample = list(only)[:2]
                told.append(
                    f"{view}: {only.total()} rows only in the {side}, such as {sample}"
                )
    return told
