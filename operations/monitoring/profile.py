"""`muster profile`: where the time of a model goes, as DuckDB tells it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
from rich.console import Console
from rich.text import Text

import environment as environments
from environment import Environment
from environment.databases import attach, session
from environment.errors import MusterError
from ingestion.hr_tables import shown as hr_tables
from ingestion.log import of as log_of
from operations.build import artifacts
from operations.build.artifacts import MANIFEST, Node
from operations.build.inside.plugin import functions
from operations.build.inside.pseudonyms import pseudonym_key
from operations.read.access import note

SHOWN = 12
"""How many of a model's steps are told."""

WIDEST = 90
"""How much is told of what a step is of."""

DETAIL = ("Table", "Filename(s)", "Join Type", "Conditions", "Groups", "Order By")
"""What tells one step from another of its kind, in DuckDB's words."""


@dataclass(frozen=True)
class Step:
    """A step of a query.

    Attributes:
        name: What DuckDB calls it, such as `HASH_JOIN`.
        detail: What tells it from others of its kind.
        seconds: Of all threads.
        rows: How many it gave.
    """

    name: str
    detail: str
    seconds: float
    rows: int


def profile(environment: Environment, model: str, console: Console) -> None:
    """Run a model's query as the last build had it, and show its slowest steps.

    Nothing is written: what it makes is counted, and goes.

    Args:
        environment: The environment.
        model: The model's name.
        console: Where.

    Raises:
        MusterError: There is no such model, it was not built, or a database is in use.
    """
    node = find(artifacts.read(environment.artifacts / MANIFEST), model)
    query = compiled(environment, node)
    note(environment, "profile", "restricted", "raw")
    with opened(environment) as connection:
        connection.execute("pragma enable_profiling = 'no_output'")
        connection.execute("set profiling_coverage = 'ALL'")
        try:
            connection.execute(f"create temp table profiled as {query}")
        except duckdb.Error as error:
            kind = type(error).__name__
            raise MusterError(
                f"{model} cannot be run ({kind}): run muster build --env "
                f"{environment.name} first."
            ) from None
        told = json.loads(connection.get_profiling_information(format="json"))
    show(model, told, console)


def find(manifest: Node, model: str) -> Node:
    """The node of a model.

    Raises:
        MusterError: There is none; says which are like it.
    """
    from rapidfuzz import process

    named = {
        each["name"]: each
        for each in manifest["nodes"].values()
        if each["resource_type"] == "model"
    }
    if model not in named:
        alike = process.extract(model, [*named], limit=3)
        raise MusterError(
            f"There is no model {model!r}: {', '.join(each[0] for each in alike)}?", 2
        )
    found: Node = named[model]
    return found


def compiled(environment: Environment, node: Node) -> str:
    """The query of a node, as dbt ran it last.

    Raises:
        MusterError: It was not run.
    """
    place = environment.artifacts / "compiled" / "muster" / node["original_file_path"]
    try:
        text: str = place.read_text(encoding="utf-8")
        return text.strip().rstrip(";")
    except FileNotFoundError:
        raise MusterError(
            f"{node['name']} was not built in {environments.shown(place.parents[3])}: "
            f"run muster build --env {environment.name} --force."
        ) from None


def opened(read: Environment) -> duckdb.DuckDBPyConnection:
    """A connection on which a model's query runs, and nothing can be written."""
    connection = session()
    for path in (read.marts, read.published, read.restricted):
        if path.exists():
            attach(connection, path, path.stem)
    log = log_of(read.folder)
    log.attach(connection)
    hr_tables.show(log, connection, "raw")
    functions(connection, pseudonym_key(read.folder))
    return connection


def steps(told: Mapping[str, Any]) -> Iterator[Step]:
    """Each step of a query, from DuckDB's own account of it."""
    if name := told.get("operator_type") or told.get("operator_name"):
        extra = told.get("extra_info", {})
        texts = (str(extra[key]) for key in DETAIL if extra.get(key))
        yield Step(
            str(name).strip(),
            " ".join("; ".join(texts).split()),
            float(told.get("operator_timing", 0)),
            int(told.get("operator_cardinality", 0)),
        )
    for child in told.get("children", ()):
        yield from steps(child)


def show(model: str, told: Mapping[str, Any], console: Console) -> None:
    """Show how long a query took, and its slowest steps."""
    found = sorted(steps(told), key=lambda each: -each.seconds)
    whole = sum(each.seconds for each in found) or 1.0
    memory = int(told.get("system_peak_buffer_memory", 0))
    console.print(
        f"{model}: {told.get('latency', 0):.2f} s, {told.get('cpu_time', whole):.2f} s "
        f"of all threads, {memory / 2**20:,.0f} MB of memory, {len(found):,} steps.",
        soft_wrap=True,
    )
    line = "{:>6} {:>8} {:>14}  {:<22} {}"
    console.print(line.format("share", "seconds", "rows", "step", "of what"))
    for each in found[:SHOWN]:
        cells = (
            f"{100 * each.seconds / whole:.0f} %",
            f"{each.seconds:.2f}",
            f"{each.rows:,}",
            each.name.lower(),
            each.detail[:WIDEST],
        )
        console.print(Text(line.format(*cells).rstrip()), soft_wrap=True)
