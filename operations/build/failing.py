"""Which rows a data test found, for whoever has to mend them: keys, never values."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

import environment as environments
from environment import Environment
from environment.files import write_whole
from operations.read import set_aside

SHOWN = 3
"""How many rows a line names."""

KEYS = "failing.json"
"""Beside dbt's results: those rows of each test."""

TOLD = frozenset({"fail", "warn"})
"""What dbt says of a test that found rows."""

BY_VALUE = {
    "accepted_values": "value_field",
    "relationships": "from_field",
    "unique": "unique_field",
}
"""dbt's own tests that give values: test to the column that they are in."""

NOBODYS = frozenset(
    {
        "basis",
        "company",
        "company_id",
        "component",
        "department",
        "designation",
        "metric",
        "month_start_on",
        "quartile",
        "reference_year",
        "regime",
        "region",
        "resource",
        "rule",
        "source",
        "year_start_on",
    }
)
"""Columns that say where a row is, and nobody's name, number or figure."""

GUARD = (
    "It guards what the models make: where the sources are right, tell their "
    "maintainers the name of the test and what stands out in the rows."
)
"""What to do where a test does not say."""


def told(environment: Environment, results: Sequence[Any]) -> Iterator[str]:
    """A line for each data test that found rows: how many, which, and what to do.

    Args:
        environment: What was tested, while dbt's connection to it is there.
        results: dbt's results.
    """
    relations = {
        each.node.unique_id: getattr(each.node, "relation_name", None)
        for each in results
    }
    found = [
        each
        for each in results
        if each.node.resource_type.value == "test" and each.status.value in TOLD
    ]
    every: dict[str, str] = {}
    if found:
        with connected() as connection:
            for each in found:
                query = query_of(each.node, relations)
                try:
                    named = keys(connection, query or each.node.compiled_code)
                except duckdb.Error:
                    named = []
                every[each.node.unique_id] = "; ".join(map(apart, named))
                yield line(environment, each, query, named)
    write_whole(environment.artifacts / KEYS, json.dumps(every))


def kept(artifacts: Path) -> dict[str, str]:
    """What `told` left with dbt's results: test to some of the rows that it found."""
    try:
        return dict(json.loads((artifacts / KEYS).read_text()))
    except (OSError, ValueError):
        return {}


def line(
    environment: Environment, result: Any, query: str | None, named: Sequence[str]
) -> str:
    """How many rows a test found, where, what to do, and how to see them all."""
    node = result.node
    number = f"{result.failures:,} {'row' if result.failures == 1 else 'rows'}"
    if named:
        more = ", among them" if result.failures > len(named) else ""
        number += f"{more}: {'; '.join(named)}"
    path = environments.shown(environments.PROJECT / node.compiled_path)
    shown = query.replace('"', "") if query else f"$(cat {path})"
    remedy = " ".join((node.description or GUARD).split())
    return (
        f"{node.name}: {number}. {remedy} See all: "
        f'{set_aside.query(environment)} --restricted --log "{shown}"'
    )


def query_of(node: Any, relations: dict[str, str | None]) -> str | None:
    """The whole rows that one of dbt's own tests is about; None for other tests."""
    test: Any = getattr(node, "test_metadata", None)  # a singular test has none
    relation = relations.get(node.attached_node or "") if test else None
    if relation is None:
        return None
    column, where = test.kwargs.get("column_name"), node.config.where
    if test.name == "not_null":
        which = f"{column} is null"
    elif test.name in BY_VALUE:
        values = f"select {BY_VALUE[test.name]} from ({node.compiled_code})"
        which = f"{column} in ({' '.join(values.split())})"
    else:
        return None
    return f"select * from {relation} where {which}{f' and ({where})' if where else ''}"


def apart(row: str) -> str:
    """What of a row's columns goes further than to whoever builds: into tickets.

    With a key beside them, the rest could tell whose row it is.
    """
    columns = row.split(", ")
    found = [each for each in columns if each.partition(" ")[0].endswith("_key")]
    return ", ".join(found or columns)


def keys(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """Up to `SHOWN` rows of a query, by what tells them apart and is nobody's."""
    described = connection.execute(f"describe {query}").fetchall()
    columns = [
        name for name, *_ in described if name.endswith("_key") or name in NOBODYS
    ]
    if not columns:
        return []
    rows = connection.execute(
        f"select distinct {', '.join(columns)} from ({query}) "
        f"order by all limit {SHOWN}"
    ).fetchall()
    return [
        ", ".join(f"{name} {value}" for name, value in zip(columns, row, strict=True))
        for row in rows
    ]


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection like those that dbt has just tested by, with the log beside."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    handle = DuckDBConnectionManager.env().handle()
    try:
        yield handle.cursor()
    finally:
        handle.close()
