"""Measure files, from the inbox to the log, against DuckDB's typed insert of the same.

Each is a process of its own, and they take turns; what counts are medians of the CPU
seconds that the operating system gives them. `python -m benchmarks.files --help`.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Cost, measure

PUNCHES = """
select
    printf('%s%08x', case when i % 2 = 0 then 'i' else 'o' end, i) as event_id,
    printf('user%05d@example.com', hash(i * 11) % 20000) as user_id,
    case when i % 2 = 0 then 'IN' else 'OUT' end as type,
    strftime(timestamp '2024-01-01 08:00:00' + to_seconds(i * 5 % 80000000),
        '%Y-%m-%dT%H:%M:%S') || case when i % 3 = 0 then '+02:00' else '+01:00' end
        as device_time,
    strftime(timestamp '2024-01-01 06:00:05' + to_seconds(i * 5 % 80000000),
        '%Y-%m-%dT%H:%M:%SZ') as arrival_time,
    to_hex(hash(i * 5) % 30000) as device_id
from range({first}, {last}) as numbers (i)
"""

APPLICATIONS = """
select
    i as application_id,
    'R' || i % 5000 as requisition_id,
    'Candidate ' || i as candidate_name,
    'candidate' || i || '@example.com' as candidate_email,
    strftime(date '2024-01-01' + cast(i % 900 as integer), '%d.%m.%Y') as applied_on,
    case when i % 9 = 0 then '0' || i end as employee_number,
    'applied' as status
from range({first}, {last}) as numbers (i)
"""

TIMES = "device_time: 'timestamptz', arrival_time: 'timestamptz', device_id: 'varchar'"
FIELDS = f"{{event_id: 'varchar', user_id: 'varchar', type: 'varchar', {TIMES}}}"
JSON = f"create table t as from read_json(FILES, format = 'nd', columns = {FIELDS})"
CASES: dict[str, tuple[str, str, str, str, str]] = {
    "JSON lines, gzip": (
        *(
            "attendance",
            PUNCHES,
            "punches_{}.jsonl.gz",
            "format json, compression gzip",
        ),
        JSON,
    ),
    "JSON lines": ("attendance", PUNCHES, "punches_{}.jsonl", "format json", JSON),
    "Parquet": (
        *("attendance", PUNCHES, "punches_{}.parquet", "format parquet"),
        "create table t as select * replace (cast(device_time as timestamptz) as"
        " device_time, cast(arrival_time as timestamptz) as arrival_time)"
        " from read_parquet(FILES)",
    ),
    "CSV": (
        *("ats", APPLICATIONS, "applications_{}.csv", "format csv, delimiter ';'"),
        "copy (from read_csv(FILES, delim = ';', header = true,"
        " dateformat = '%d.%m.%Y',"
        " types = {applied_on: 'date', employee_number: 'varchar'}))"
        " to 't.parquet' (format parquet)",
    ),
}

PLAIN = "import duckdb, sys; duckdb.connect('t.db').execute(sys.argv[1])"
MUSTER = "from operations.cli import main; main()"


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.files", description=__doc__
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", choices=CASES, action="append")
    given = parser.parse_args()
    console = Console()
    table = Table("format", "Muster cpu s", "peak MB", "DuckDB cpu s", "ratio", "idle")
    for name in given.only or CASES:
        with tempfile.TemporaryDirectory() as folder:
            table.add_row(name, *_told(Path(folder), name, given))
    console.print(f"{given.rows:,} rows in {given.files} files")
    console.print(table)
    return 0


def _told(folder: Path, name: str, given: argparse.Namespace) -> list[str]:
    source, rows, file, options, plain = CASES[name]
    inbox = folder / "inbox"
    inbox.mkdir()
    each = given.rows // given.files
    with duckdb.connect() as connection:
        for number in range(given.files):
            first = number * each
            connection.execute(
                f"copy ({rows.format(first=first, last=first + each)})"
                f" to '{inbox / file.format(f'{number:04}')}' ({options})"
            )
    paths = sorted(str(path) for path in inbox.iterdir())
    environment = {
        **os.environ,
        "MUSTER_HOME": str(folder / "home"),
        f"SOURCES__{source.upper()}__INBOX": str(inbox),
        f"SOURCES__{source.upper()}__GRACE_SECONDS": "0",
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    ingest = [sys.executable, "-c", MUSTER, "ingest", source]
    statement = plain.replace("FILES", str(paths)).replace(
        "'t.parquet'", f"'{folder / 't.parquet'}'"
    )
    insert = [sys.executable, "-c", PLAIN.replace("t.db", str(folder / "t.db"))]

    def muster() -> Cost:
        shutil.rmtree(folder / "home", ignore_errors=True)
        return measure(ingest, environment)

    def duck() -> Cost:
        (folder / "t.db").unlink(missing_ok=True)
        return measure([*insert, statement], environment)

    muster()  # Compiles what it imports.
    idle = measure(ingest, environment)
    costs: dict[Callable[[], Cost], list[Cost]] = {muster: [], duck: []}
    for _ in range(given.times):
        for run, found in costs.items():
            found.append(run())
    ours, theirs = (
        statistics.median(cost.cpu_seconds for cost in costs[run])
        for run in (muster, duck)
    )
    peak = max(cost.peak_megabytes for cost in costs[muster])
    numbers = (ours, peak, theirs, ours / theirs, idle.cpu_seconds)
    return [f"{number:,.2f}" for number in numbers]


if __name__ == "__main__":
    sys.exit(main())
