"""The payroll system: monthly pay runs in three currencies, in a SQL database.

The ledger's pay tables hold versions: a row is true from `recorded_at` until
`retracted_at`. The payroll database at a clock holds each row's newest version by
then, `recorded_at` as its `updated_at`; what a row was before is gone there.

Amounts are what the payslip adds up: deductions are negative, so a payslip's net pay
is the sum of its lines but the employer's cost. A correction is a payslip that
reverses an earlier one in a later run (every line negated), and a corrected one beside
it.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from demo.spells import (
    Progress,
    connect,
    create_spells,
    ledger_path,
    naive_utc,
    read_span,
)
from demo.statements import run
from demo.vocabulary import COMPANIES

PAY_LEVELS = {"EUR": 1.00, "GBP": 0.90, "USD": 1.25}
"""What an hour of the same grade pays in a currency, the euro being 1."""

BONUS_MONTHS = {"EUR": 3, "GBP": 4, "USD": 3}
"""The month in which the annual bonus is paid. In the United Kingdom it is April, the
month of the day on which pay is looked at, which is why its period matters there."""

_BATCH_ROWS = 20_000
_NEVER = datetime(1900, 1, 1)

_METADATA = sa.MetaData()

PAY_RUNS = sa.Table(
    "pay_runs",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("company", sa.String(140), nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
PAYSLIPS = sa.Table(
    "payslips",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("pay_run_id", sa.Integer, nullable=False),
    sa.Column("employee_number", sa.String(40), nullable=False),
    sa.Column("reversal_of", sa.Integer),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
PAYSLIP_LINES = sa.Table(
    "payslip_lines",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("payslip_id", sa.Integer, nullable=False),
    sa.Column("line_type", sa.String(20), nullable=False),
    sa.Column("description", sa.String(140), nullable=False),
    sa.Column("amount", sa.Numeric(18, 2), nullable=False),
    sa.Column("hours", sa.Numeric(9, 2)),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
CONTRACTED_HOURS = sa.Table(
    "contracted_hours",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("employee_number", sa.String(40), nullable=False),
    sa.Column("effective_from", sa.Date, nullable=False),
    sa.Column("weekly_hours", sa.Numeric(5, 2), nullable=False),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
TABLES = (PAY_RUNS, PAYSLIPS, PAYSLIP_LINES, CONTRACTED_HOURS)

_STEPS = ("periods", "payslips", "lines", "ledger")
"""Files of SQL, in order."""

_LEDGER_IDS = {
    "pay_runs": "pay_run_id",
    "payslips": "payslip_id",
    "payslip_lines": "line_id",
}


def write_all(home: Path, on_progress: Progress | None = None) -> None:
    """Simulate all pay runs and write them to the ledger.

    Writes the ledger's `pay_runs`, `payslips` and `payslip_lines`, and removes the
    payroll database of an earlier company.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        on_progress: Called after each step.
    """
    for path in (home / "demo").glob("payroll.sqlite*"):
        path.unlink()
    span = read_span(home)
    with connect(home, span) as database:
        for field in ("company", "grade"):
            create_spells(database, field, span.horizon)
        _create_companies(database)
        for done, step in enumerate(_STEPS, start=1):
            run(
                database,
                f"payroll/{step}",
                starts_on=span.starts_on,
                horizon=span.horizon,
            )
            if on_progress:
                on_progress(f"payroll: {step}", done, len(_STEPS))
        for table in _LEDGER_IDS:
            path = ledger_path(home, table)
            database.execute(
                f"copy ledger_{table} to '{path}'"
                " (format parquet, row_group_size 20000)"
            )


def reveal(
    home: Path, clock: datetime, on_progress: Progress | None = None
) -> dict[str, int]:
    """Bring the SQLite payroll database to the clock.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        clock: The company's clock.
        on_progress: Called after each batch of rows.

    Returns:
        Rows written by table.
    """
    path = home / "demo" / "payroll.sqlite"
    return load_into(f"sqlite:///{path}", home, clock, on_progress)


def load_into(
    url: str, home: Path, clock: datetime, on_progress: Progress | None = None
) -> dict[str, int]:
    """Bring the payroll tables of any SQL database to the clock.

    Makes the tables where they are missing, and writes what was updated after their
    newest row and by the clock; all of it in one transaction. Where the clock was set
    back, the tables are emptied and filled again.

    Args:
        url: A SQLAlchemy URL, such as `sqlite:///...` or `postgresql+psycopg://...`.
        home: The warehouse's root folder, MUSTER_HOME.
        clock: The company's clock.
        on_progress: Called after each batch of rows.

    Returns:
        Rows written by table.
    """
    engine = sa.create_engine(url)
    written: dict[str, int] = {}
    try:
        _METADATA.create_all(engine)
        with duckdb.connect() as ledger, engine.begin() as target:
            ledger.execute("set enable_progress_bar = false")
            if any(_newest(target, table) > naive_utc(clock) for table in TABLES):
                for table in TABLES:
                    target.execute(sa.delete(table))
            for table in TABLES:
                written[table.name] = _extend(
                    target, table, ledger, home, naive_utc(clock), on_progress
                )
    finally:
        engine.dispose()
    return written


def _extend(
    target: sa.Connection,
    table: sa.Table,
    ledger: duckdb.DuckDBPyConnection,
    home: Path,
    clock: datetime,
    on_progress: Progress | None,
) -> int:
    since = _newest(target, table)
    is_sqlite = target.dialect.name == "sqlite"
    columns = ", ".join(
        _as_text(column) if is_sqlite else column.name for column in table.columns
    )
    ledger.execute(
        f"""
        create or replace temp table fresh as
        -- Materialised: DuckDB 1.5 cannot prune rows through the window inside.
        with versions as materialized ({_versions(home, table)})

        select *
        from versions
        where updated_at > $since
            and updated_at <= $clock
            and (replaced_at is null or replaced_at > $clock)
        """,
        {"since": since, "clock": clock},
    )
    total = int(_scalar(ledger, "select count(*) from fresh"))
    mark = "?" if target.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(table.columns))
    insert = f"insert into {table.name} values ({marks})"
    delete = f"delete from {table.name} where id = {mark}"
    reader = ledger.execute(
        f"select {columns} from fresh order by fresh.updated_at, fresh.id"
    )
    done = 0
    while rows := reader.fetchmany(_BATCH_ROWS):
        if since > _NEVER:
            target.exec_driver_sql(delete, [(row[0],) for row in rows])
        target.exec_driver_sql(insert, rows)
        done += len(rows)
        if on_progress:
            on_progress(f"payroll: {table.name}", done, total)
    return total


def _newest(target: sa.Connection, table: sa.Table) -> datetime:
    newest = target.execute(sa.select(sa.func.max(table.c.updated_at))).scalar()
    return _NEVER if newest is None else newest


def _as_text(column: sa.Column[Any]) -> str:
    """Render a value as SQLAlchemy stores it in SQLite, which has no such types."""
    match column.type:
        case sa.TIMESTAMP():
            return f"strftime({column.name}, '%Y-%m-%d %H:%M:%S.%f') as {column.name}"
        case sa.Date() | sa.Numeric():
            return f"cast({column.name} as varchar) as {column.name}"
        case _:
            return column.name


def _versions(home: Path, table: sa.Table) -> str:
    path = ledger_path(home, table.name)
    if table is CONTRACTED_HOURS:
        return f"""
            select
                row_number() over (
                    order by
                        recorded_at, employee_number, effective_on, employment_id
                ) as id,
                employee_number,
                effective_on as effective_from,
                weekly_hours,
                recorded_at as updated_at,
                cast(null as timestamp) as replaced_at
            from read_parquet('{path}')
        """
    key = _LEDGER_IDS[table.name]
    names = [column.name for column in table.columns][1:-1]
    return f"""
        select
            {key} as id, {", ".join(names)},
            recorded_at as updated_at,
            retracted_at as replaced_at
        from read_parquet('{path}')
    """


def _scalar(database: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = database.execute(query).fetchone()
    return row[0] if row else None


def _create_companies(database: duckdb.DuckDBPyConnection) -> None:
    database.execute(
        """
        create table companies (
            company text, currency text, pay_level decimal(3, 2),
            bonus_month integer, minutes integer
        )
        """
    )
    # Each company's run starts twenty minutes after the one before.
    database.executemany(
        "insert into companies values (?, ?, ?, ?, ?)",
        [
            (
                *(company.company, company.currency, PAY_LEVELS[company.currency]),
                *(BONUS_MONTHS[company.currency], number * 20),
            )
            for number, company in enumerate(COMPANIES)
        ],
    )
