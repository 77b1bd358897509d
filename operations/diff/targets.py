"""`muster compare`: whether another target holds the very rows that files hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
from rich.console import Console

import environment as environments
from environment import DATABASES, Environment, databases, spark
from environment import lake as lakes
from environment.errors import MusterError
from environment.sql import escaped, literal, quote
from ingestion.hr_tables import shown as hr_tables
from ingestion.log import of as log_of
from operations.build import artifacts
from operations.build.artifacts import MANIFEST, read_note
from operations.build.inside.plugin import functions
from operations.build.inside.pseudonyms import pseudonym_key
from operations.release import lake

BATCH_ROWS = 1_000_000

EQUAL, CLOSE, EMPTY, DIFFERS = "equal", "close", "empty", "differs"

OF_ONE_BUILD = frozenset({"int_punches_changed", "int_working_days_due"})
"""Models of what one build has to do, which depends on those before it."""

OF_CHANGES = frozenset({"int_inputs_paired"})
"""Models of what incremental ones have taken in: of whole tables there is none."""

DIGITS = 12
"""Of sums of doubles, as many digits do not depend on the order of rows."""


@dataclass(frozen=True)
class Compared:
    """What became of one table or view.

    Attributes:
        relation: Its name, with database and schema.
        verdict: `EQUAL`; `CLOSE`, but for the last digits of doubles; `DIFFERS`; or
            `EMPTY`: without rows nothing is known of it.
        detail: What differs.
    """

    relation: str
    verdict: str
    detail: str = ""


def compare(name: str, target: str, console: Console) -> None:
    """Compare all that was built in a target with files, and tell what differs.

    Args:
        name: The environment.
        target: One of `TARGETS`.
        console: Where it is told.

    Raises:
        MusterError: Something differs, or both were not built of the same.
    """
    files, other = environments.find(name), environments.find(name, target)
    notes = [read_note(each).get("inputs") for each in (files, other)]
    if None in notes or notes[0] != notes[1]:
        raise MusterError(
            f"Files and {target} were not built of the same: run muster build and"
            f" muster build --target {target}, then compare again."
        )
    found = list(compared(files, other))
    by = {
        verdict: [each for each in found if each.verdict == verdict]
        for verdict in (EQUAL, CLOSE, EMPTY, DIFFERS)
    }
    for each in by[DIFFERS]:
        console.print(f"{each.relation}: {each.detail}", soft_wrap=True, markup=False)
    console.print(f"Equal in every row: {len(by[EQUAL]):,}", soft_wrap=True)
    for verdict, told in (
        (CLOSE, f"Equal in {DIGITS} digits of doubles, and all else"),
        (EMPTY, "Not compared, without a row"),
    ):
        if by[verdict]:
            names = ", ".join(each.relation for each in by[verdict])
            console.print(f"{told}: {len(by[verdict]):,} ({names})", soft_wrap=True)
    if by[DIFFERS]:
        raise MusterError(f"{len(by[DIFFERS])} differ between files and {target}.")


def compared(files: Environment, other: Environment) -> Iterator[Compared]:
    """Compare every model and seed: columns, then rows both ways.

    Args:
        files: An environment.
        other: The same, as it was built in another target.
    """
    manifest = artifacts.read(files.artifacts / MANIFEST)
    relations = sorted(
        tuple(map(quote, (node["database"], node["schema"], node["alias"])))
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed"}
        and node["database"] in DATABASES
        and node["config"]["materialized"] != "ephemeral"
        and node["name"] not in OF_ONE_BUILD
        and not (other.target == spark.TARGET and node["name"] in OF_CHANGES)
    )
    with opened(files) as ours, opened(other) as theirs:
        for parts in relations:
            yield compared_table(ours, theirs, ".".join(parts))


def compared_table(
    ours: duckdb.DuckDBPyConnection, theirs: duckdb.DuckDBPyConnection, relation: str
) -> Compared:
    """Compare one table or view of two connections.

    Args:
        ours: Where the rows are that are right.
        theirs: Where they are to be the same.
        relation: Its name in both.
    """
    name = relation.replace('"', "")
    try:
        columns, other = (
            {row[0]: row[1] for row in each.execute(f"describe {relation}").fetchall()}
            for each in (ours, theirs)
        )
    except duckdb.CatalogException:
        return Compared(name, DIFFERS, "it is not in both")
    if list(columns.items()) != list(other.items()):
        told = sorted(dict(columns.items() ^ other.items()))
        return Compared(name, DIFFERS, f"columns: {', '.join(told) or 'their order'}")
    # Rows travel as Arrow, which has not all of DuckDB's types.
    casts = ", ".join(
        f"cast({quote(c)} as {t}) as {quote(c)}" for c, t in columns.items()
    )
    reader = theirs.execute(f"from {relation}").to_arrow_reader(BATCH_ROWS)
    ours.register("read", reader)
    ours.execute(f"create or replace temp table theirs as select {casts} from read")
    ours.unregister("read")
    rows = databases.count(ours, relation)
    if not rows and not databases.count(ours, "theirs"):
        return Compared(name, EMPTY)
    rounded = ", ".join(
        f"format('{{:.{DIGITS - 1}e}}', {quote(c)})" if t == "DOUBLE" else quote(c)
        for c, t in columns.items()
    )
    lacks = more = 0
    for verdict, read in ((EQUAL, "*"), (CLOSE, rounded)):
        both = f"select {read} from {relation}", f"select {read} from theirs"
        lacks, more = (
            databases.count(ours, f"({one} except all {another})")
            for one, another in (both, both[::-1])
        )
        if not lacks and not more:
            return Compared(name, verdict)
    return Compared(
        name, DIFFERS, f"lacks {lacks:,} of {rows:,} rows, has {more:,} more"
    )


@contextmanager
def opened(built: Environment) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to all that was built, with the log and what views call."""
    if built.target == spark.TARGET:
        with databases.session() as connection:
            connection.execute("set timezone = 'UTC'")
            show_spark(connection, built)
            yield connection
        return
    log = log_of(built.folder)
    reading = (
        lake.opened(built)
        if built.target == lakes.TARGET
        else databases.opened({path.stem: path for path in built.databases})
    )
    with reading as connection:
        connection.execute("set timezone = 'UTC'")
        log.attach(connection)
        hr_tables.show(log, connection, "raw")
        functions(connection, pseudonym_key(built.folder))
        yield connection


def show_spark(connection: duckdb.DuckDBPyConnection, built: Environment) -> None:
    """Make a view of each table that Spark built, by its database and schema here.

    Spark's timestamps are instants, which it shows in UTC.
    """
    for database in DATABASES:
        connection.execute(f"attach ':memory:' as {database}")
    files = spark.tables(built)
    manifest = artifacts.read(built.artifacts / MANIFEST)
    for node in manifest["nodes"].values():
        if node["resource_type"] not in {"model", "seed"}:
            continue
        config, alias = node["config"], node["alias"]
        database = config.get("database") or DATABASES[0]
        found = files.get(f"{node['schema']}.{alias}")
        if database not in DATABASES or not found:
            continue
        rows = f"read_parquet([{', '.join(literal(escaped(each)) for each in found)}])"
        columns = ", ".join(
            f"cast({quote(name)} as timestamp) as {quote(name)}"
            if kind == "TIMESTAMP WITH TIME ZONE"
            else quote(name)
            for name, kind, *_ in connection.execute(f"describe from {rows}").fetchall()
        )
        schema = f"{database}.{quote(config['schema'])}"
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(
            f"create view {schema}.{quote(alias)} as select {columns} from {rows}"
        )
