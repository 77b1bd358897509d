"""Measure files, from the inbox to the log, against DuckDB's typed insert of the same.

Each is a process of its own, and they take turns; what counts are medians of the CPU
seconds that the operating system gives them. `python -m benchmarks.files --help`.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.measure import MUSTER, Cost, compared, compiled, measure
from benchmarks.results import Figure, publish

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

PLAIN = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(sys.argv[2])"


def main() -> int:
    """Measure, report and keep the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.files", description=__doc__
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000])
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--keep", action="store_true", help="among the results")
    given = parser.parse_args()
    figures: list[Figure] = []
    idle: list[float] = []
    for name in given.only or CASES:
        for rows in given.rows:
            with tempfile.TemporaryDirectory() as folder:
                paths = delivered(Path(folder) / "inbox", name, rows, given.files)
                found, nothing_new = _measured(Path(folder), name, paths, given.runs)
            case = f"{name}, {len(paths)} file{'s' if len(paths) > 1 else ''}"
            figures += [Figure(case, tool, rows, runs) for tool, runs in found.items()]
            idle.append(nothing_new)
    note = f"A run with nothing new took {min(idle):.1f} to {max(idle):.1f} s of CPU."
    publish(parser.prog, figures, [note], keep=given.keep)
    return 0


def delivered(inbox: Path, name: str, rows: int, files: int) -> list[str]:
    """Write the files of a case.

    Args:
        inbox: Where to.
        name: One of `CASES`.
        rows: How many rows they have together.
        files: How many they are.

    Returns:
        Their paths.
    """
    _, select, file, options, _ = CASES[name]
    inbox.mkdir()
    each = rows // files
    with duckdb.connect() as connection:
        for number in range(files):
            first = number * each
            connection.execute(
                f"copy ({select.format(first=first, last=first + each)})"
                f" to '{inbox / file.format(f'{number:04}')}' ({options})"
            )
    return sorted(map(str, inbox.iterdir()))


def muster_of(folder: Path, source: str) -> Callable[[], Cost]:
    """What loads the files in `folder / "inbox"` into a log of its own."""
    environment = {
        **os.environ,
        **compiled(folder),
        "MUSTER_HOME": str(folder / "home"),
        f"SOURCES__{source.upper()}__INBOX": str(folder / "inbox"),
        f"SOURCES__{source.upper()}__GRACE_SECONDS": "0",
    }
    return lambda: measure([*MUSTER, "ingest", source], environment)


def _measured(
    folder: Path, name: str, paths: list[str], runs: int
) -> tuple[dict[str, list[Cost]], float]:
    source, *_, plain = CASES[name]
    target, parquet = folder / "t.db", f"'{folder / 't.parquet'}'"
    statement = plain.replace("FILES", str(paths)).replace("'t.parquet'", parquet)
    ingest = muster_of(folder, source)

    def muster() -> Cost:
        shutil.rmtree(folder / "home", ignore_errors=True)
        return ingest()

    def duck() -> Cost:
        target.unlink(missing_ok=True)
        insert = [sys.executable, "-c", PLAIN, str(target), statement]
        return measure(insert, os.environ)

    costs = compared({"Muster": muster, "DuckDB": duck}, runs)
    return costs, ingest().cpu_seconds


if __name__ == "__main__":
    sys.exit(main())
