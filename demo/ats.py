"""The applicant tracking system: weekly CSV exports of what changed.

Hires come from the ledger: who joined had an accepted application, some moves inside
the company were filled from a requisition too. The other applicants are invented.

A drop on a Monday holds what changed in the days before it: semicolons, a byte-order
mark, day-first dates, and from half-way on a column `channel` with the applications.
"""

from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from demo import delivery
from demo.attendance import fault, write_faults
from demo.spells import (
    Progress,
    Span,
    connect,
    create_spells,
    ledger_path,
    read_span,
)
from demo.statements import run
from demo.vocabulary import first_names, last_names

SOURCE = "ats"
DELIVERED_AT = time(5, 30)
"""When a Monday's files are delivered, UTC."""

HEADERS = {
    "requisitions": (
        "requisition_id",
        "title",
        "department",
        "branch",
        "opened_on",
        "closed_on",
        "openings",
        "status",
    ),
    "applications": (
        "application_id",
        "requisition_id",
        "candidate_name",
        "candidate_email",
        "applied_on",
        "employee_number",
        "status",
        "channel",
    ),
    "stage_changes": (
        "stage_change_id",
        "application_id",
        "stage",
        "changed_on",
        "comment",
    ),
}
"""The columns of each resource's files; `channel` is there from half-way on."""

_BOM = b"\xef\xbb\xbf"
_LINE_END = "\r\n"

_COMMENTS = (
    "",
    "",
    "",
    "Good first call",
    'Asked about the "hybrid" policy; wants two days at home',
    "Strong on detail;\nneeds help with planning",
    'Panel said: "yes, but ""slowly"""',
    "Notice period: three months",
    "Line one\nLine two; with a semicolon\nLine three",
    "Reference checked",
)


def write_all(home: Path, on_progress: Progress | None = None) -> None:
    """Simulate recruiting and fill the outbox with the weekly files.

    Writes the ledger's `requisitions`, `applications`, `stage_changes` and
    `faults_ats`. A hire's application holds its `employment_id`.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        on_progress: Called after each step.
    """
    span = read_span(home)
    delivery.reset(home, SOURCE)
    with connect(home, span) as database:
        for field in ("department", "designation", "branch"):
            create_spells(database, field, span.horizon)
        run(
            database,
            "ats/fills",
            starts_on=span.starts_on,
            horizon=span.horizon,
        )
        run(database, "ats/requisitions")
        _create_applications(database, span)
        run(database, "ats/stage_changes", comments=_COMMENTS)
        run(database, "ats/ledger")
        for table in HEADERS:
            path = ledger_path(home, table)
            database.execute(f"copy ledger_{table} to '{path}' (format parquet)")
        if on_progress:
            on_progress("applicants: ledger", 1, 2)
        first_drop = span.starts_on + timedelta(days=-span.starts_on.weekday() % 7)
        run(database, "ats/shown", first_drop=first_drop)
        _write_files(database, home, span)
        if on_progress:
            on_progress("applicants: files", 2, 2)


def deliver(home: Path, inbox: Path, clock: datetime) -> list[str]:
    """Deliver the files due by the clock; see `demo.delivery.deliver`."""
    return delivery.deliver(home, SOURCE, inbox, clock)


def _create_applications(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create the applications: one accepted for each opening, and the others."""
    run(database, "ats/others")
    row = database.execute("select count(*) from others").fetchone()
    count = row[0] if row else 0
    random = np.random.default_rng([span.seed, 71])
    names = pa.table(
        {
            "name_number": pa.array(range(count), pa.int64()),
            "first_name": pa.array(first_names(random, count), pa.string()),
            "last_name": pa.array(last_names(random, count), pa.string()),
        }
    )
    database.register("candidate_names", names)
    run(database, "ats/applications")


def _write_files(database: duckdb.DuckDBPyConnection, home: Path, span: Span) -> None:
    """Put each week's files into the outbox, those with a fault among them.

    Lines are counted in the file as a text editor does, the header being line 1.
    """
    half_way = span.day_at(0.5)
    bad_date_from = span.day_at(0.25)
    short_row_from = span.day_at(0.4)
    no_stage_from = span.day_at(0.6)
    faults: list[dict[str, object]] = []

    for resource in HEADERS:
        seen: set[str] = set()
        for dropped_on, rows in _drops(database, resource, span, half_way):
            name = f"{resource}_{dropped_on.isoformat()}.csv"
            due = datetime.combine(dropped_on, DELIVERED_AT)
            columns = HEADERS[resource]
            if resource == "applications" and dropped_on < half_way:
                columns = columns[:-1]
            kind = ""
            if resource == "applications" and dropped_on >= bad_date_from:
                kind = "impossible_date"
            elif resource == "requisitions" and dropped_on >= short_row_from:
                kind = "too_few_columns"
            elif resource == "stage_changes" and dropped_on >= no_stage_from:
                kind = "missing_column"
            if kind in seen:
                kind = ""
            seen.add(kind)
            note = partial(fault, SOURCE, resource, name)
            if kind == "impossible_date":
                bad = (
                    "A-9999901;R-00001;Nobody Atall;nobody@mail.example;"
                    f"31.02.{dropped_on.year};;New"
                )
                bad += ";job board" if len(columns) == len(HEADERS[resource]) else ""
                rows = _with_second_line(rows, bad)
                faults.append(note(3, kind, "applied_on is a 31 February"))
            elif kind == "too_few_columns":
                rows = _with_second_line(rows, "R-99999;Cut short")
                faults.append(note(3, kind, "two columns of eight"))
            elif kind == "missing_column":
                again = due + timedelta(days=7)
                delivery.put(home, SOURCE, again, name, _file(columns, rows))
                columns = tuple(column for column in columns if column != "stage")
                rows = _rows_without_stage(database, dropped_on)
                faults.append(note(None, kind, "no stage; sent whole a week later"))
            delivery.put(home, SOURCE, due, name, _file(columns, rows))
    faults.sort(key=lambda row: str(row["file"]))
    write_faults(home, SOURCE, faults)


def _drops(
    database: duckdb.DuckDBPyConnection, resource: str, span: Span, half_way: date
) -> list[tuple[date, bytes]]:
    line = "line"
    if resource == "applications":
        line = (
            "case when dropped_on >= $half_way "
            "then line || ';' || channel_text else line end"
        )
    table = database.execute(
        f"""
        select dropped_on as file_key, {line} || '{_LINE_END}' as line
        from {resource}_shown
        where dropped_on < $horizon
        order by dropped_on, id
        """,
        {"horizon": span.horizon} | ({} if line == "line" else {"half_way": half_way}),
    ).to_arrow_table()
    return [
        (key, content)
        for key, content in delivery.files_of(table)
        if isinstance(key, date)
    ]


def _rows_without_stage(database: duckdb.DuckDBPyConnection, dropped_on: date) -> bytes:
    table = database.execute(
        f"""
        select dropped_on as file_key, line_without_stage || '{_LINE_END}' as line
        from stage_changes_shown
        where dropped_on = $dropped_on
        order by id
        """,
        {"dropped_on": dropped_on},
    ).to_arrow_table()
    return b"".join(content for _, content in delivery.files_of(table))


def _with_second_line(rows: bytes, line: str) -> bytes:
    """Put a row after the first one; no row before it spans lines."""
    first, *rest = rows.splitlines(keepends=True)
    return b"".join([first, line.encode() + _LINE_END.encode(), *rest])


def _file(columns: tuple[str, ...], rows: bytes) -> bytes:
    return _BOM + ";".join(columns).encode() + _LINE_END.encode() + rows
