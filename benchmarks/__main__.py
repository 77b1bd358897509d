"""Measure the whole demo: create, ingest, build, and a second run with nothing new.

Absolute times say something about one machine only; the ratio to plain DuckDB, taken in
the same run over the same files, can be compared between machines and revisions.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import CommandFailedError, Cost, measure
from benchmarks.results import Figure, publish
from ingestion import log

PLAIN_LOAD = """
import duckdb, sys
duckdb.connect(sys.argv[1]).execute(
    "create table punches as select * from read_json(?, format='newline_delimited',"
    " columns={event_id: 'varchar', user_id: 'varchar', type: 'varchar',"
    " device_time: 'timestamptz', arrival_time: 'timestamptz', device_id: 'varchar'},"
    " ignore_errors=true, filename=true)",
    [sys.argv[2:]],
)
"""


def main() -> int:
    """Measure and report; 1 where a step failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--employees", type=int, default=1200)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="among the results")
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            costs = _costs(home, given, Console(stderr=True))
        except CommandFailedError as error:
            Console(stderr=True).print(str(error), markup=False)
            return 1
        note = f"A company of {given.employees:,} people and {given.months} months."
        steps = [Figure(step, "Muster", 0, [cost]) for step, cost in costs.items()]
        publish(parser.prog, steps, [note], keep=given.keep)
        console.print(_source_table(home))
        plain = _plain_load(home)
        muster = _seconds(home, "attendance")
        console.print(
            f"attendance: {muster:.1f} s to land, check and load;"
            f" plain DuckDB reads the same files in {plain.wall_seconds:.1f} s:"
            f" {muster / plain.wall_seconds:.1f} times as long"
        )
    return 0


def _costs(home: Path, given: argparse.Namespace, progress: Console) -> dict[str, Cost]:
    folder = Path(sys.executable).parent
    muster, dbt = str(folder / "muster"), str(folder / "dbt")
    environment = {
        **os.environ,
        "MUSTER_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    create = [muster, "demo", "create", "--seed", str(given.seed)]
    create += ["--employees", str(given.employees), "--months", str(given.months)]
    steps = {
        "create the demo company": create,
        "ingest": [muster, "ingest", "--demo"],
        "dbt build": [dbt, "build"],
        "build and docs": [muster, "build"],
        "ingest, nothing new": [muster, "ingest", "--demo"],
        "build, nothing new": [muster, "build"],
    }
    costs = {}
    for name, command in steps.items():
        progress.print(f"{name} ...", markup=False)
        costs[name] = measure(command, environment)
    return costs


def _source_table(home: Path) -> Table:
    table = Table("source", "rows", "seconds", "rows/s")
    with log.of(home / "dev").connect() as raw:
        counts = raw.execute(
            "select source, sum(delivered), sum(seconds) from raw_ops.load_counts"
            " group by source order by source"
        ).fetchall()
    for source, rows, seconds in counts:
        table.add_row(
            source,
            f"{int(rows):,}",
            f"{seconds:.1f}",
            f"{rows / max(seconds, 0.001):,.0f}",
        )
    return table


def _seconds(home: Path, source: str) -> float:
    with log.of(home / "dev").connect() as raw:
        found = raw.execute(
            "select sum(seconds) from raw_ops.load_counts where source = ?", [source]
        ).fetchone()
    return float(found[0]) if found and found[0] else 0.0


def _plain_load(home: Path) -> Cost:
    with log.of(home / "dev").connect() as raw:
        landed = raw.execute(
            "select distinct landing_path from raw_ops.landed_files"
            " where source = 'attendance' and status = 'loaded'"
        ).fetchall()
    files = [_absolute(home, path) for (path,) in landed]
    return measure(
        [sys.executable, "-c", PLAIN_LOAD, str(home / "plain.duckdb"), *files],
        os.environ,
    )


def _absolute(home: Path, path: str) -> str:
    return str(
        next(p for p in (Path(path), home / path, home / "dev" / path) if p.exists())
    )


if __name__ == "__main__":
    sys.exit(main())
