"""The attendance app: punches from phones, one gzip file of JSON lines each day.

Worked sessions are simulated first, in UTC, and kept as the truth; the punches tell
them the way phones do: resent, late, out of order, with check-ins and check-outs
missing and a few clocks ahead. The day's file holds what arrived on that UTC day and
is delivered early on the next one.

A run of days is simulated at a time, so memory does not grow with the company.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from demo import delivery
from demo.spells import (
    Progress,
    Span,
    connect,
    create_spells,
    ledger_path,
    read_span,
)
from demo.statements import run
from demo.vocabulary import BRANCHES

SOURCE = "attendance"
RESOURCE = "punches"
DELIVERED_AT = time(2, 15)
"""When the file of the day before is delivered, UTC."""

APP_SHARE = 0.62
"""Share of the people with an app account who punch; the rest work on trust."""

SHIFT_DEPARTMENTS = ("Customer Support", "Logistics", "Production")
"""Where some have turns: now and then an early shift follows upon a late one."""

SEASONS = (
    ("Customer Support", (8, 1), (12, 21)),
    ("Logistics", (8, 1), (12, 21)),
    ("Production", (1, 12), (6, 15)),
)
"""Each department's busy season in every year: in it, some work long weeks."""

TURNS_SHARE = 0.35
"""Share of the people in those departments who have turns."""

TURN_WEEKS_SHARE = 0.1
"""Share of their weeks with a late shift on Wednesday and an early one on Thursday."""

LONG_WEEKS_SHARE = 0.3
"""Share of a department's people who work long weeks in a season."""

LONGER_MINUTES = 150
"""By how much each of their shifts is then longer."""

_COMPRESSION = 3
_WORKER_DAYS_AT_ONCE = 300_000

EXPECTED = {
    "truncated": "quarantined",
    "empty": "quarantined",
    "missing_column": "quarantined",
    "delivered_twice": "already_known",
}
"""What ingestion makes of a fault; it rejects a line of any other kind."""

FAULTS = pa.schema(
    [
        (name, pa.int64() if name == "line" else pa.string())
        for name in ("source", "resource", "file", "line", "kind", "detail", "expected")
    ]
)

SESSION_COLUMNS = """
    session_id, person_id, employment_id, branch, started_at, ended_at,
    in_event_id, out_event_id, is_in_missing, is_out_missing,
    worked_on, in_device_at, out_device_at, clock_ahead_minutes
"""


@dataclass
class Faults:
    """The days whose file goes wrong, and what the ledger will say about each."""

    truncated_on: date
    bad_lines_on: date
    empty_on: date
    same_name_on: date
    other_name_on: date
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, name: str, line: int | None, kind: str, detail: str) -> None:
        """Note a fault."""
        self.rows.append(fault(SOURCE, RESOURCE, name, line, kind, detail))


def write_all(home: Path, on_progress: Progress | None = None) -> None:
    """Simulate all worked sessions and fill the outbox with the files of punches.

    Writes the ledger's `worked_sessions` and `faults_attendance`. Beyond what the
    ledger says, a session holds the instants its phone said (`in_device_at`,
    `out_device_at`, UTC, null where the punch is missing) and the local day it began.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        on_progress: Called after each run of days.
    """
    span = read_span(home)
    delivery.reset(home, SOURCE)
    faults = _plan_faults(span)
    with (
        connect(home, span) as database,
        ThreadPoolExecutor(max_workers=2) as packers,
    ):
        create_spells(database, "branch", span.horizon)
        create_spells(database, "department", span.horizon)
        _create_zones(database, span)
        run(
            database,
            "attendance/workers",
            starts_on=span.starts_on,
            app_share=APP_SHARE,
        )
        _create_strains(database, span)
        _create_absences(database, home)
        periods = _periods(database, span)
        sessions_path = ledger_path(home, "worked_sessions")
        writer: pq.ParquetWriter | None = None
        known = 0
        for done, (start, end) in enumerate(periods, start=1):
            run(
                database,
                "attendance/sessions",
                since=start,
                until=end,
                known=known,
                turn_weeks_share=TURN_WEEKS_SHARE,
                longer_minutes=LONGER_MINUTES,
            )
            sessions = database.execute(
                f"select {SESSION_COLUMNS} from sessions order by session_id"
            ).to_arrow_table()
            known += sessions.num_rows
            writer = writer or pq.ParquetWriter(sessions_path, sessions.schema)
            writer.write_table(sessions)
            run(database, "attendance/punches")
            lines = _take_lines(database, end if end < span.horizon else date.max)
            list(packers.map(_packer(home, faults), delivery.files_of(lines)))
            if on_progress:
                on_progress("attendance: punches", done, len(periods))
        if writer:
            writer.close()
    faults.rows.sort(key=lambda row: (str(row["file"]), row["line"] or 0))
    write_faults(home, SOURCE, faults.rows)


def deliver(home: Path, inbox: Path, clock: datetime) -> list[str]:
    """Deliver the files due by the clock; see `demo.delivery.deliver`."""
    return delivery.deliver(home, SOURCE, inbox, clock)


def fault(
    source: str, resource: str, file: str, line: int | None, kind: str, detail: str
) -> dict[str, object]:
    """A row of the ledger's faults; what is expected of it follows from its kind."""
    expected = EXPECTED.get(kind, "rejected")
    values = (source, resource, file, line, kind, detail, expected)
    return dict(zip(FAULTS.names, values, strict=True))


def write_faults(home: Path, source: str, rows: list[dict[str, object]]) -> None:
    """Write a source's faults to the ledger.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        source: The source.
        rows: Faults, with the columns of the ledger's `faults`.
    """
    table = pa.Table.from_pylist(rows, schema=FAULTS)
    pq.write_table(table, ledger_path(home, f"faults_{source}"))


def _periods(
    database: duckdb.DuckDBPyConnection, span: Span
) -> list[tuple[date, date]]:
    """Cut the span into runs of days that keep memory bounded."""
    row = database.execute("select count(*) from workers").fetchone()
    workers = row[0] if row else 0
    days = timedelta(days=max(2, min(180, _WORKER_DAYS_AT_ONCE // max(1, workers))))
    periods = []
    start = span.starts_on
    while start < span.horizon:
        end = min(start + days, span.horizon)
        periods.append((start, end))
        start = end
    return periods


def _plan_faults(span: Span) -> Faults:
    """Choose a Tuesday for each fault: every site works on it, and the day after."""

    def tuesday(share: float) -> date:
        day = span.day_at(share)
        return day + timedelta(days=(1 - day.weekday()) % 7)

    return Faults(
        truncated_on=tuesday(0.2),
        bad_lines_on=tuesday(0.35),
        empty_on=tuesday(0.5),
        same_name_on=tuesday(0.65),
        other_name_on=tuesday(0.8),
    )


def _create_zones(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create the branches' UTC offsets, and the nights on which a zone changes its."""
    first = datetime.combine(span.starts_on, time(), UTC) - timedelta(days=400)
    last = datetime.combine(span.horizon, time(), UTC) + timedelta(days=10)
    offsets = [
        (name, instant.replace(tzinfo=None), minutes)
        for name in sorted({branch.time_zone for branch in BRANCHES})
        for instant, minutes in _offsets(ZoneInfo(name), first, last)
    ]
    database.execute(
        "create table offset_changes"
        " (time_zone text, utc_from timestamp, minutes integer)"
    )
    database.executemany("insert into offset_changes values (?, ?, ?)", offsets)
    database.execute("create table zones (branch text, time_zone text)")
    database.executemany(
        "insert into zones values (?, ?)",
        [(branch.branch, branch.time_zone) for branch in BRANCHES],
    )
    run(database, "attendance/zones", first=first.replace(tzinfo=None))


def _offsets(
    zone: ZoneInfo, first: datetime, last: datetime
) -> Iterator[tuple[datetime, int]]:
    """Give a zone's UTC offsets in minutes, each with the instant it begins."""

    def minutes_at(instant: datetime) -> int:
        offset = instant.astimezone(zone).utcoffset() or timedelta()
        return offset // timedelta(minutes=1)

    known = minutes_at(first)
    yield first, known
    day = first
    while day < last:
        next_day = day + timedelta(days=1)
        if minutes_at(next_day) != known:
            while minutes_at(day) == known:
                day += timedelta(hours=1)
            known = minutes_at(day)
            yield day, known
        day = next_day


def _create_strains(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create when somebody has turns, and when they work long weeks.

    It is what the law has limits for: too little rest between two shifts, and too many
    hours in the mean of seventeen weeks.
    """
    database.execute(
        "create table seasons (department text, season_from date, season_until date)"
    )
    database.executemany(
        "insert into seasons values (?, ?, ?)",
        [
            (department, date(year, *first), date(year, *end))
            for year in range(span.starts_on.year, span.horizon.year + 1)
            for department, first, end in SEASONS
        ],
    )
    run(
        database,
        "attendance/strains",
        departments=SHIFT_DEPARTMENTS,
        turns_share=TURNS_SHARE,
        long_weeks_share=LONG_WEEKS_SHARE,
    )


def _create_absences(database: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Create the days on which an approved leave keeps someone away all day."""
    path = ledger_path(home, "leaves")
    if not path.exists():
        database.execute("create table absences (employment_id bigint, absent_on date)")
        return
    run(database, "attendance/absences", path=str(path))


def _take_lines(database: duckdb.DuckDBPyConnection, before: date) -> pa.Table:
    """Take the pending lines of the files that are complete, in their order."""
    lines = database.execute(
        """
        select file_on as file_key, line
        from pending
        where file_on < $before
        order by file_on, position, event_id
        """,
        {"before": before},
    ).to_arrow_table()
    database.execute("delete from pending where file_on < $before", {"before": before})
    return lines


def _packer(home: Path, faults: Faults) -> Callable[[tuple[object, bytes]], None]:
    """Give what puts a day's file, with its fault if it has one, into the outbox."""

    def pack(file: tuple[object, bytes]) -> None:
        day, content = file
        if not isinstance(day, date):
            message = f"a file of punches is named by its day, not by {day!r}"
            raise TypeError(message)
        stem = f"punches_{day.isoformat()}"
        name = f"{stem}.jsonl.gz"
        due = datetime.combine(day + timedelta(days=1), DELIVERED_AT)
        again = due + timedelta(days=1)
        if day == faults.bad_lines_on:
            content = _with_bad_lines(content, day, name, faults)
        packed = gzip.compress(content, _COMPRESSION, mtime=0)
        first = packed
        if day == faults.truncated_on:
            first = packed[: len(packed) * 3 // 5]
            faults.add(
                name, None, "truncated", "ends in the middle; sent whole a day later"
            )
            delivery.put(home, SOURCE, again, name, packed)
        if day == faults.empty_on:
            first = b""
            faults.add(name, None, "empty", "holds no byte; sent whole a day later")
            delivery.put(home, SOURCE, again, name, packed)
        if day == faults.same_name_on:
            faults.add(name, None, "delivered_twice", "the same a day later")
            delivery.put(home, SOURCE, again, name, packed)
        if day == faults.other_name_on:
            other = f"{stem}_resent.jsonl.gz"
            faults.add(other, None, "delivered_twice", f"the same as {name}")
            delivery.put(home, SOURCE, again, other, packed)
        delivery.put(home, SOURCE, due, name, first)

    return pack


def _with_bad_lines(content: bytes, day: date, name: str, faults: Faults) -> bytes:
    """Put ten lines that are no punches between the good ones, and note each."""
    good = {
        "event_id": "bad-1",
        "user_id": "app-unknown",
        "type": "IN",
        "device_time": f"{day}T09:00:00+00:00",
        "arrival_time": f"{day}T09:00:05Z",
        "device_id": "ph-00000000",
    }

    def without(column: str) -> str:
        return json.dumps({key: good[key] for key in good if key != column})

    def changed(column: str, value: object) -> str:
        return json.dumps({**good, column: value})

    bad = (
        (json.dumps(good)[:70], "cut in the middle of a value"),
        ("<html><body>502 Bad Gateway</body></html>", "not JSON"),
        (without("event_id"), "no event_id"),
        (without("user_id"), "no user_id"),
        (without("type"), "no type"),
        (changed("type", "INN"), "type is INN"),
        (changed("device_time", f"{day.year}-02-31T09:00:00+00:00"), "no such date"),
        (changed("device_time", f"{day}T25:61:00+00:00"), "no such hour"),
        (changed("device_time", 1700000000), "device_time is a number"),
        (changed("arrival_time", "soon"), "arrival_time is no time"),
    )
    lines = content.splitlines(keepends=True)
    step = max(1, len(lines) // (len(bad) + 1))
    for number, (line, detail) in enumerate(bad, start=1):
        position = min(number * step, len(lines))
        lines.insert(position, line.encode() + b"\n")
        faults.add(name, position + 1, "bad_line", detail)
    return b"".join(lines)
