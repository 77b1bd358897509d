"""`muster metrics`: which metrics there are, and what they say."""

from pathlib import Path

import duckdb
import pyarrow as pa
from rich.console import Console

import environment as environments
from environment import Environment
from environment.databases import attach, session
from environment.errors import MusterError
from environment.sql import quote
from operations.build import artifacts
from operations.metrics import engine
from operations.metrics.engine import Question
from operations.read.query import read_from, tell, telling

ALL = 1_000
"""How many metrics are listed at most: all."""


def listed(
    name: str, console: Console, *, kind: str = "table", output: Path | None = None
) -> None:
    """Show or write every metric and saved query: what it is, by what, and whose.

    Args:
        name: The environment.
        console: Where the table is written.
        kind: One of `export.FORMATS`.
        output: A file to write to; standard output where there is none.

    Raises:
        MusterError: Nothing was built.
    """
    environment = environments.find(name)
    layer = engine.read(environment)
    manifest = artifacts.read(environment.artifacts / artifacts.MANIFEST)
    owners = {
        group["name"]: group["owner"]["name"] for group in manifest["groups"].values()
    }
    groups = {each["name"]: each["group"] for each in manifest["metrics"].values()}
    rows = [
        {
            "metric": metric.name,
            "label": metric.label or "",
            "by": ", ".join(sorted(layer.groups([metric.name]))),
            "owner": owners.get(groups[metric.name], ""),
            "meaning": " ".join((metric.description or "").split()),
        }
        for metric in layer.metrics.values()
    ]
    for saved in sorted(layer.manifest.saved_queries, key=lambda each: each.name):
        asked = layer.expanded(Question([saved.name]))
        rows.append(
            {
                "metric": saved.name,
                "label": saved.label or "",
                "by": ", ".join([*filter(None, [asked.grain]), *asked.by]),
                "owner": "",
                "meaning": f"Saved query: {', '.join(asked.metrics)}",
            }
        )
    with session() as connection:
        connection.register("metrics", pa.Table.from_pylist(rows))
        result = connection.execute("select * from metrics")
        tell(result, console, kind=kind, output=output, limit=ALL)


def query(
    name: str,
    question: Question,
    console: Console,
    *,
    kind: str = "table",
    output: Path | None = None,
    limit: int | None = None,
) -> None:
    """Show or write what metrics say.

    Args:
        name: The environment.
        question: What is asked.
        console: Where the table is written.
        kind: One of `export.FORMATS`.
        output: A file to write to; standard output where there is none.
        limit: How many rows at most; a table shows 40 where nothing is said.

    Raises:
        MusterError: Nothing was built, or it cannot be asked.
    """
    environment = environments.find(name)
    sql = engine.read(environment).sql(question)
    read = read_from(environment, telling(console, kind, output))
    with opened(read) as connection:
        try:
            result = connection.execute(whole_numbers(connection, sql))
        except duckdb.Error as error:
            raise MusterError(f"That cannot be asked: {error}") from None
        tell(result, console, kind=kind, output=output, limit=limit)


def opened(read: Environment) -> duckdb.DuckDBPyConnection:
    """A connection to what analysts and everybody may read, and to nothing else."""
    connection = session()
    for path in (read.marts, read.published):
        if path.exists():
            attach(connection, path, path.stem)
    connection.execute("set enable_external_access = false")
    return connection


def whole_numbers(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The query with sums of whole numbers as those: as files and tools take them."""
    described = connection.execute(f"describe {sql}").fetchall()
    sums = [quote(name) for name, kind, *_ in described if kind == "HUGEINT"]
    if not sums:
        return sql
    replaced = ", ".join(f"cast({name} as bigint) as {name}" for name in sums)
    return f"select * replace ({replaced}) from ({sql}) as figures"
