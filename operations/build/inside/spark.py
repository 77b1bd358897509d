"""Spark, in this process: a session with the log and what models call.

It answers as DuckDB does: clocks are UTC, timestamps have microseconds, and the two
functions that a connection brings are the same code. What it builds lies below one
folder that is its owner's alone, and its catalogue is there while it runs.
"""

import importlib.util
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from environment import Environment, databases, set_inside
from environment.errors import MusterError
from environment.spark import WAREHOUSE
from environment.sql import literal, quote
from ingestion.hr_tables import shown as hr_tables
from ingestion.ledger_tables import DATASET
from ingestion.log import LOAD_ID, MARKERS, SOURCES, File, Log
from ingestion.log import of as log_of
from operations.build.inside.least_squares import fit
from operations.build.inside.pseudonyms import pseudonym, pseudonym_key

MEMORY = "4g"
"""What the JVM may take."""

QUIET = """\
rootLogger.level = off
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
logger.repl.name = org.apache.spark.repl.Main
logger.repl.level = off
"""
"""What the JVM says: nothing. Errors come to whoever called it."""

SHOWN = (DATASET, *(f"raw_{source}" for source in SOURCES))
"""The datasets of the log that models read."""

PASSING = ("raw", "temporary")
"""The folders of what is there while a session is."""

SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": MEMORY,
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Its plans are wrong where a union reads what was checkpointed.
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
    "spark.sql.autoBroadcastJoinThreshold": "32m",
    "spark.sql.legacy.createHiveTableByDefault": "false",
}
"""What makes its answers DuckDB's, and what suits one machine."""


@contextmanager
def session(environment: Environment) -> Iterator[Any]:
    """A session of Spark that has the log, and builds into an empty folder.

    Args:
        environment: Whose log, as one that is built in Spark.

    Raises:
        MusterError: There is no key, a file of the log is damaged, or this process has
            a session of Spark already.
    """
    from pyspark.sql import SparkSession

    if SparkSession.getActiveSession():
        raise MusterError(
            "This process has a session of Spark, with settings of its own: build in"
            " another process."
        )
    key = pseudonym_key(environment.folder)
    log = log_of(environment.folder)
    require_whole(log)
    environment.made.mkdir(parents=True, exist_ok=True)
    environment.made.chmod(0o700)
    for name in (WAREHOUSE, *PASSING):
        shutil.rmtree(environment.made / name, ignore_errors=True)
    with _in_utc(), set_inside(PYSPARK_PYTHON=sys.executable):
        builder = SparkSession.builder.master("local[2]").appName("muster")
        quiet = environment.made / "log4j2.properties"
        quiet.write_text(QUIET)
        settings = SETTINGS | {
            "spark.driver.extraJavaOptions": (
                f'-Duser.timezone=UTC "-Dlog4j2.configurationFile={quiet}"'
            ),
            "spark.sql.warehouse.dir": str(environment.made / WAREHOUSE),
            "spark.local.dir": str(environment.made / PASSING[1]),
        }
        for name, value in settings.items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
        try:
            # What errors tell, values among it, is dbt's to write down.
            spark.sparkContext.setLogLevel("OFF")
            register(spark, key)
            show(spark, log, environment.made / PASSING[0])
            yield spark
        finally:
            spark.stop()
            for name in PASSING:
                shutil.rmtree(environment.made / name, ignore_errors=True)


def require() -> None:
    """See that Spark and Java are there.

    Raises:
        MusterError: One is not.
    """
    if not all(map(importlib.util.find_spec, ("pyspark", "dbt.adapters.spark"))):
        raise MusterError("Spark needs its packages: install muster[spark].", 2)
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        raise MusterError(
            "Spark needs Java 17 or 21: install it, and set JAVA_HOME where it is not"
            " found.",
            2,
        )


def require_whole(log: Log) -> None:
    """See that every file of the log is as its marker says.

    Raises:
        MusterError: One is not.
    """
    for dataset in log.datasets():
        for damage in log.damaged(dataset, thorough=True):
            raise MusterError(str(damage))


@contextmanager
def _in_utc() -> Iterator[None]:
    """Python's clock in UTC: what it is handed of Spark are local times."""
    try:
        with set_inside(TZ="UTC"):
            time.tzset()
            yield
    finally:
        time.tzset()


def register(spark: Any, key: bytes) -> None:
    """Register what models call."""
    from pyspark.sql.types import ArrayType, DoubleType, StringType

    spark.udf.register("pseudonym", lambda value: pseudonym(key, value), StringType())
    spark.udf.register(
        "least_squares",
        lambda rows: fit(rows) if rows else None,
        ArrayType(DoubleType()),
    )


def show(spark: Any, log: Log, folder: Path) -> None:
    """Make a view of each table that models read, of the loads that are complete now.

    Files of the log are read as they lie. What the company's mappings make of theirs,
    and the lists of loads, are worked out by DuckDB and handed over in files.

    Args:
        spark: The session.
        log: The log.
        folder: Where what is handed over lies.
    """
    with databases.session() as connection:
        connection.execute("set TimeZone = 'UTC'")
        log.attach(connection)
        hr_tables.show(log, connection, "raw")
        files: dict[tuple[str, str], list[File]] = {}
        for dataset in SHOWN:
            for load in log.loads(dataset):
                for file in load.files:
                    files.setdefault((dataset, file.table), []).append(file)
        tables = connection.execute(
            "select schema_name, view_name from duckdb_views()"
            " where database_name = 'raw' and not internal union all"
            " select schema_name, table_name from duckdb_tables()"
            " where database_name = 'raw' order by all"
        ).fetchall()
        tables = [each for each in tables if each[0] in {*SHOWN, hr_tables.SCHEMA}]
        for schema, table in tables:
            columns = {
                str(row[0]): str(row[1])
                for row in connection.execute(
                    f"describe raw.{quote(schema)}.{quote(table)}"
                ).fetchall()
            }
            spark.sql(f"create schema if not exists {schema}")
            if schema == hr_tables.SCHEMA or table == MARKERS:
                place = folder / schema / table
                _hand_over(connection, schema, table, columns, place)
                spark.sql(_table(schema, table, columns, place))
                continue
            rows = _rows(log, schema, files.get((schema, table), []), columns)
            spark.sql(f"create view {schema}.{_name(table)} as {rows}")


def _hand_over(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: dict[str, str],
    place: Path,
) -> None:
    """Write the rows of a table into a folder; Spark's timestamps are instants."""
    place.mkdir(parents=True)
    read = ", ".join(
        f"cast({quote(name)} as timestamptz) as {quote(name)}"
        if kind == "TIMESTAMP"
        else quote(name)
        for name, kind in columns.items()
    )
    connection.execute(
        f"copy (select {read} from raw.{quote(schema)}.{quote(table)}) to"
        f" {literal(str(place / 'rows.parquet'))} (format parquet)"
    )


def _table(schema: str, table: str, columns: dict[str, str], place: Path) -> str:
    """A table of the files of a folder, whose columns Spark need not look for."""
    typed = ", ".join(f"{_name(name)} {_type(kind)}" for name, kind in columns.items())
    path = str(place).replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"create table {schema}.{_name(table)} ({typed}) using parquet"
        f" location '{path}'"
    )


def _rows(
    log: Log, dataset: str, files: Sequence[File], columns: dict[str, str]
) -> str:
    """A select of files' rows, those with the same columns read together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        alike.setdefault(tuple(file.columns), []).append(file.path)
    parts = [
        _select(columns, layout, _files(log.folder / dataset, paths))
        for layout, paths in alike.items()
    ]
    return " union all ".join(parts or [f"{_select(columns, ())} where false"])


def _select(
    columns: dict[str, str], there: Sequence[str] | dict[str, str], rows: str = ""
) -> str:
    chosen = []
    for name, kind in columns.items():
        value = _name(name) if name in there else "null"
        if name == LOAD_ID and value == "null" and rows:
            value = "regexp_extract(_metadata.file_path, '/load_id=([^/]*)', 1)"
        chosen.append(f"cast({value} as {_type(kind)}) as {_name(name)}")
    return f"select {', '.join(chosen)}{rows}"


def _files(folder: Path, paths: Sequence[str]) -> str:
    """Files of a folder as a table: a path with alternatives names exactly these."""
    place = re.sub(r"([\\{},*?\[\]^])", r"\\\1", str(folder)).replace("`", "``")
    told = paths[0] if len(paths) == 1 else f"{{{','.join(paths)}}}"
    return f" from parquet.`{place}/{told}`"


def _name(identifier: str) -> str:
    return f"`{identifier.replace('`', '``')}`"


def _type(kind: str) -> str:
    """A type of DuckDB as Spark calls it."""
    return {"VARCHAR": "string"}.get(kind, kind.lower())
