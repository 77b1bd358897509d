"""Measure how working days grow with punches, on DuckDB and on Spark.

Both build the same models of the same log, made in place, and their rows are compared.
Spark must be installed: docs/spark.md. `python -m benchmarks.growth --help`.
"""

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import duckdb
from rich.console import Console

from benchmarks.measure import CommandFailedError, Cost, compiled, measure
from benchmarks.results import Figure, publish
from benchmarks.working_time import (
    DAYS_A_LOAD,
    MODELS,
    PARENTS,
    days_of,
    deliver,
)
from environment import PROJECT, Environment
from environment import spark as sparks
from environment.databases import attach
from ingestion.log import of as log_of

KEY = "a key of the benchmarks, worth nothing elsewhere"
WITHIN = "--within"
"""What this program is called with where it is to be Spark's process."""

MADE = "working_time.fct_working_days"


def main() -> int:
    """Measure and report; 1 where a step failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description=__doc__
    )
    parser.add_argument("--punches", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--keep", action="store_true", help="among the results")
    parser.add_argument(WITHIN, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.within:
        return _build_on_spark(given.within)
    progress = Console(stderr=True)
    figures, notes = [], []
    for punches in given.punches:
        with tempfile.TemporaryDirectory() as folder:
            try:
                costs = _costs(Path(folder), punches, progress)
            except CommandFailedError as error:
                progress.print(str(error), markup=False)
                return 1
        for tool, (cost, spilled) in costs.items():
            figures.append(Figure("working days, by engine", tool, punches, [cost]))
            notes.append(
                f"Of {punches:,} punches {tool} took {cost.wall_seconds:,.0f} s by the"
                f" clock, beside what else the machine did, and at most {spilled:,.0f}"
                " MB of the disk for the time being."
            )
    publish(parser.prog, figures, notes, keep=given.keep)
    return 0


def _costs(
    folder: Path, punches: int, progress: Console
) -> dict[str, tuple[Cost, float]]:
    """What each engine cost, and the megabytes it had on the disk beside tables."""
    here = Environment("dev", folder / "home")
    there = Environment("dev", folder / "home", sparks.TARGET)
    here.folder.mkdir(parents=True)
    days = days_of(punches)
    progress.print(f"{punches:,} punches: writing them", markup=False)
    # In a process of its own: a command is told to have used what this one has used.
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        for first in range(0, days, DAYS_A_LOAD):
            last = min(first + DAYS_A_LOAD, days)
            apart.submit(deliver, log_of(here.folder), first, last).result()
    with duckdb.connect(str(here.restricted)) as database:
        database.execute(PARENTS)
    settings = {
        **os.environ,
        **compiled(folder),
        "MUSTER_HOME": str(here.home),
        "MUSTER_PSEUDONYM_KEY": KEY,
        "DO_NOT_TRACK": "1",
    }
    dbt = str(Path(sys.executable).with_name("dbt"))
    for name in ("dev", sparks.TARGET):
        # What dbt knows of the project is kept.
        measure([dbt, "parse", *_options(here.home, name)], settings)
    commands = {
        "DuckDB": [dbt, "run", "--select", *MODELS, *_options(here.home, "dev")],
        "Spark": [sys.executable, "-m", __spec__.name, WITHIN, str(here.home)],
    }
    passing = {"DuckDB": here.folder, "Spark": there.made / "temporary"}
    costs = {}
    for tool, command in commands.items():
        progress.print(f"{punches:,} punches: {tool}", markup=False)
        with _watched(passing[tool], tool) as most:
            cost = measure(command, settings)
        costs[tool] = (cost, max(most) / 2**20)
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        apart.submit(_compare, here, there).result()
    return costs


def _options(home: Path, target: str) -> list[str]:
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target", target, "--target-path", str(home / f"target_{target}")),
        *("--log-path", str(home), "--quiet"),
    ]


def _build_on_spark(home: Path) -> int:
    """Build the models in a session of Spark, and wait until the JVM is gone."""
    from dbt.cli.main import dbtRunner
    from pyspark import SparkContext

    from operations.build.inside import spark

    environment = Environment("dev", home, sparks.TARGET)
    parents = home / "parents"
    with spark.session(environment) as session:
        made = str(Environment("dev", home).restricted)
        with duckdb.connect(made, read_only=True) as database:
            tables = database.execute(
                "select schema_name, table_name from duckdb_tables()"
                " where schema_name = 'people'"
            ).fetchall()
            for schema, table in tables:
                place = parents / table
                place.mkdir(parents=True)
                path = str(place / "rows.parquet")
                database.table(f"{schema}.{table}").write_parquet(path)
                session.sql(f"create schema if not exists restricted_{schema}")
                session.read.parquet(str(place)).write.saveAsTable(
                    f"restricted_{schema}.{table}"
                )
        done = dbtRunner().invoke(
            ["run", "--select", *MODELS, *_options(home, sparks.TARGET)]
        )
    # What is not waited for is not counted.
    gateway = SparkContext._gateway
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    return int(not done.success)


@contextmanager
def _watched(folder: Path, tool: str) -> Iterator[list[int]]:
    """The bytes that a folder has of what an engine puts there for a while."""
    most, ended = [0], threading.Event()
    # DuckDB's are beside its databases.
    pattern = "*.tmp/*" if tool == "DuckDB" else "**/*"

    def watch() -> None:
        while not ended.wait(0.5):
            try:
                most.append(sum(each.stat().st_size for each in folder.glob(pattern)))
            except OSError:  # one is gone while it is looked at
                continue

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield most
    finally:
        ended.set()
        watching.join()


def _compare(here: Environment, there: Environment) -> None:
    """Stop unless both have made the same rows."""
    with duckdb.connect() as database:
        database.execute("set memory_limit = '6GB'; set TimeZone = 'UTC'")
        attach(database, here.marts, "duck")
        files = [str(path) for path in sparks.tables(there)[MADE]]
        columns = [
            f"cast({name} as {kind}) as {name}"
            for name, kind in database.execute(
                "select column_name, data_type from duckdb_columns()"
                " where database_name = 'duck' and table_name = 'fct_working_days'"
            ).fetchall()
        ]
        database.execute(
            f"create table spark as select {', '.join(columns)} from read_parquet(?)",
            [files],
        )
        ((differing,),) = database.execute(
            f"select (select count(*) from (from duck.{MADE} except all from spark))"
            f" + (select count(*) from (from spark except all from duck.{MADE}))"
        ).fetchall()
    if differing:
        raise CommandFailedError(f"{differing} rows differ")


if __name__ == "__main__":
    sys.exit(main())
