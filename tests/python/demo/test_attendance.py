"""The attendance app: the truth, the punches that tell it, and their faults."""

import gzip
import json
import zlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from small_company import write_small_company

from demo import attendance, delivery

END = datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_company(
        tmp_path_factory.mktemp("attendance"), employees=60, months=12
    )
    attendance.write_all(folder)
    return folder


@pytest.fixture(scope="module")
def inbox(home: Path) -> Path:
    folder = home / "inbox"
    attendance.deliver(home, folder, END)
    return folder


@pytest.fixture(scope="module")
def punches(home: Path, inbox: Path) -> list[dict[str, Any]]:
    """All punches that can be read, each with its file, the line as it was sent."""
    found = []
    for path in sorted(inbox.iterdir()):
        try:
            text = gzip.decompress(path.read_bytes()).decode()
        except (EOFError, zlib.error):
            continue
        for line in text.splitlines():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            found.append({**row, "file": path.name, "line": line})
    return [row for row in found if not row.get("event_id", "bad").startswith("bad")]


def sessions(home: Path, condition: str = "true") -> list[dict[str, Any]]:
    """Read the true sessions."""
    path = home / "demo" / "ledger" / "worked_sessions.parquet"
    with duckdb.connect() as database:
        query = f"select * from '{path}' where {condition} order by session_id"
        rows = database.execute(query).to_arrow_table().to_pylist()
    return [dict(row) for row in rows]


def faults(home: Path) -> list[dict[str, Any]]:
    """Read the faults that the ledger says were injected."""
    path = home / "demo" / "ledger" / "faults_attendance.parquet"
    with duckdb.connect() as database:
        rows = database.execute(f"select * from '{path}'").to_arrow_table()
    return [dict(row) for row in rows.to_pylist()]


def fault_file(home: Path, kind: str) -> str:
    """Give the first file with a fault of a kind."""
    return str(next(row["file"] for row in faults(home) if row["kind"] == kind))


def test_the_same_seed_gives_the_same_bytes(home: Path, tmp_path: Path) -> None:
    again = write_small_company(tmp_path / "again", employees=60, months=12)
    attendance.write_all(again)
    names = [
        path.relative_to(home / "demo")
        for folder in ("outbox/attendance", "ledger")
        for path in (home / "demo" / folder).rglob("*")
        if path.is_file()
    ]
    assert len(names) > 365
    for name in names:
        assert (again / "demo" / name).read_bytes() == (
            home / "demo" / name
        ).read_bytes()


def test_every_punch_of_the_truth_arrives(
    home: Path, punches: list[dict[str, Any]]
) -> None:
    last = datetime(2026, 6, 25)
    expected = {}
    for row in sessions(home):
        for event, instant in (
            (row["in_event_id"], row["in_device_at"]),
            (row["out_event_id"], row["out_device_at"]),
        ):
            if event and row["ended_at"] < last:
                expected[event] = instant
    found = {
        row["event_id"]: datetime.fromisoformat(row["device_time"])
        .astimezone(UTC)
        .replace(tzinfo=None)
        for row in punches
    }
    assert len(expected) > 10_000
    assert {event: found.get(event) for event in expected} == expected


def test_no_one_works_twice_at_a_time_or_longer_than_a_shift(home: Path) -> None:
    last: dict[int, datetime] = {}
    for row in sorted(sessions(home), key=lambda row: row["started_at"]):
        assert row["started_at"] < row["ended_at"]
        assert row["ended_at"] - row["started_at"] < timedelta(hours=16)
        assert last.get(row["person_id"], datetime.min) < row["started_at"]
        last[row["person_id"]] = row["ended_at"]


def departments(home: Path) -> dict[int, str]:
    """Give the department of each person."""
    path = home / "demo" / "ledger" / "employments.parquet"
    with duckdb.connect() as database:
        rows = database.execute(f"select person_id, department from '{path}'")
        return dict(rows.fetchall())


def test_some_have_too_little_rest_between_a_late_shift_and_an_early_one(
    home: Path,
) -> None:
    shifts: dict[tuple[int, date], list[dict[str, Any]]] = {}
    for row in sessions(home):
        shifts.setdefault((row["person_id"], row["worked_on"]), []).append(row)
    rests: dict[timedelta, tuple[int, date]] = {}
    for (person_id, worked_on), own in shifts.items():
        following = shifts.get((person_id, worked_on + timedelta(days=1)))
        if following:
            rest = min(row["started_at"] for row in following)
            rest -= max(row["ended_at"] for row in own)
            rests[rest] = (person_id, worked_on)
    short = [whose for rest, whose in rests.items() if rest < timedelta(hours=11)]
    assert {departments(home)[person_id] for person_id, _ in short} == {
        "Logistics - HG"
    }
    assert len({person_id for person_id, _ in short}) > 3
    assert {worked_on.isoweekday() for _, worked_on in short} == {3}


def test_some_work_long_weeks_in_their_departments_season(home: Path) -> None:
    season, worked = date(2025, 8, 4), dict[int, timedelta]()
    for row in sessions(home, "worked_on between '2025-08-04' and '2025-11-30'"):
        own = worked.setdefault(row["person_id"], timedelta())
        worked[row["person_id"]] = own + row["ended_at"] - row["started_at"]
    weeks = (date(2025, 12, 1) - season).days // 7
    assert weeks == 17
    long = {
        person_id
        for person_id, total in worked.items()
        if total / weeks > timedelta(hours=48)
    }
    assert 0 < len(long) < len(worked) / 4
    assert {departments(home)[person_id] for person_id in long} == {"Logistics - HG"}


def test_the_rules_of_pairing_recover_the_flags(
    home: Path, punches: list[dict[str, Any]]
) -> None:
    """Pair by the published rule, and find exactly the sessions that were true."""
    seen = {row["event_id"]: row for row in punches}
    by_user: dict[str, list[tuple[datetime, str, str]]] = {}
    for row in seen.values():
        at = datetime.fromisoformat(row["device_time"]).astimezone(UTC)
        by_user.setdefault(row["user_id"], []).append(
            (at, row["type"], row["event_id"])
        )
    found: set[tuple[str | None, str | None]] = set()
    for events in by_user.values():
        opened: tuple[datetime, str] | None = None
        for at, kind, key in sorted(events):
            if kind == "IN":
                if opened:
                    found.add((opened[1], None))
                opened = (at, key)
            elif opened and at - opened[0] <= timedelta(hours=16):
                found.add((opened[1], key))
                opened = None
            else:
                if opened:
                    found.add((opened[1], None))
                found.add((None, key))
                opened = None
        if opened:
            found.add((opened[1], None))
    expected = {
        (row["in_event_id"], row["out_event_id"])
        for row in sessions(home, "ended_at < timestamp '2026-06-25'")
    }
    assert expected <= found
    flags = Counter((event is None, other is None) for event, other in expected)
    assert flags[True, False] > 10
    assert flags[False, True] > 10
    assert flags[True, True] == 0


def test_the_nights_of_both_clock_changes_are_worked(home: Path) -> None:
    for zone, branches, changes in (
        ("Europe/Berlin", ("Berlin",), ("2025-10-26 01:00", "2026-03-29 01:00")),
        ("Europe/London", ("London",), ("2025-10-26 01:00", "2026-03-29 01:00")),
        (
            "America/New_York",
            ("New York",),
            ("2025-11-02 06:00", "2026-03-08 07:00"),
        ),
    ):
        for change in changes:
            at = datetime.fromisoformat(change).replace(tzinfo=UTC)
            before = (at - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).utcoffset()
            assert before != at.astimezone(ZoneInfo(zone)).utcoffset()
            names = ", ".join(f"'{name}'" for name in branches)
            nights = sessions(
                home,
                f"branch in ({names}) and worked_on = date '{change[:10]}' - 1 "
                f"and ended_at > timestamp '{change}'",
            )
            assert nights, (zone, change)


def test_an_offset_is_the_branchs(home: Path, punches: list[dict[str, Any]]) -> None:
    offsets = {row["device_time"][-6:] for row in punches}
    assert {"+01:00", "+02:00", "+00:00", "+04:00", "-05:00", "-04:00"} <= offsets
    assert "-06:00" in offsets


def test_punches_come_twice_late_and_out_of_order(
    punches: list[dict[str, Any]],
) -> None:
    lines: dict[str, set[str]] = {}
    files: dict[str, set[str]] = {}
    arrivals: dict[str, list[str]] = {}
    late = 0
    for row in punches:
        lines.setdefault(row["event_id"], set()).add(row["line"])
        files.setdefault(row["event_id"], set()).add(row["file"])
        arrivals.setdefault(row["file"], []).append(row["arrival_time"])
        device = datetime.fromisoformat(row["device_time"])
        late += datetime.fromisoformat(row["arrival_time"]) - device > timedelta(days=1)
    assert all(len(texts) == 1 for texts in lines.values())
    assert sum(len(names) > 1 for names in files.values()) > 20
    assert len(punches) > len(lines) + 100
    assert late > 50
    assert any(times != sorted(times) for times in arrivals.values())


def test_a_few_clocks_are_ahead(punches: list[dict[str, Any]]) -> None:
    ahead = [
        row
        for row in punches
        if datetime.fromisoformat(row["device_time"])
        - datetime.fromisoformat(row["arrival_time"])
        > timedelta(minutes=5)
    ]
    assert 0 < len(ahead) < len(punches) / 10


def test_faults_are_as_the_ledger_says(home: Path, inbox: Path) -> None:
    kinds = Counter((row["kind"], row["expected"]) for row in faults(home))
    assert kinds == {
        ("bad_line", "rejected"): 10,
        ("truncated", "quarantined"): 1,
        ("empty", "quarantined"): 1,
        ("delivered_twice", "already_known"): 2,
    }
    truncated = inbox / fault_file(home, "truncated")
    with pytest.raises(EOFError):
        gzip.decompress(truncated.read_bytes())
    assert len(gzip.decompress(second(truncated).read_bytes())) > 0
    empty = inbox / fault_file(home, "empty")
    assert empty.read_bytes() == b""
    assert len(gzip.decompress(second(empty).read_bytes())) > 0
    for row in faults(home):
        if row["kind"] == "bad_line":
            content = gzip.decompress((inbox / row["file"]).read_bytes())
            line = content.decode().splitlines()[row["line"] - 1]
            assert '"event_id": "ev' not in line
            assert "bad-1" in line or row["detail"] in ("no event_id", "not JSON")
    for row in faults(home):
        if row["kind"] == "delivered_twice":
            path = inbox / row["file"]
            same = (
                path.with_name(path.name.replace("_resent", ""))
                if "_resent" in path.name
                else second(path)
            )
            assert path.read_bytes() == same.read_bytes()


def second(path: Path) -> Path:
    """Give where the second file of a name went that was due with the first."""
    return path.with_name(path.name.replace(".jsonl", "_2.jsonl"))


def test_delivery_brings_only_what_is_due_and_new(home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    clock = datetime(2025, 8, 1, 2, 14, tzinfo=UTC)
    names = attendance.deliver(home, inbox, clock)
    assert "punches_2025-07-31.jsonl.gz" not in names
    assert "punches_2025-07-30.jsonl.gz" in names
    assert attendance.deliver(home, inbox, clock) == []
    assert attendance.deliver(home, inbox, clock + timedelta(minutes=1)) == [
        "punches_2025-07-31.jsonl.gz"
    ]
    assert attendance.deliver(home, inbox, clock - timedelta(days=9)) == []
    assert attendance.deliver(home, tmp_path / "another", clock) == names


def test_a_later_delivery_of_a_name_replaces_the_earlier(
    home: Path, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    name = fault_file(home, "truncated")
    day = datetime.fromisoformat(name.removeprefix("punches_")[:10])
    attendance.deliver(home, inbox, day + timedelta(days=1, hours=3))
    cut = (inbox / name).read_bytes()
    assert name in attendance.deliver(home, inbox, day + timedelta(days=2, hours=3))
    assert (inbox / name).read_bytes()[: len(cut)] == cut
    assert gzip.decompress((inbox / name).read_bytes())
    assert not second(inbox / name).exists()


def test_a_killed_delivery_is_finished_by_the_next(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    whole = set(attendance.deliver(home, tmp_path / "whole", END))
    copies = 0
    place = delivery.place

    def killed_now_and_then(folder: Path, name: str, content: bytes) -> None:
        nonlocal copies
        copies += 1
        if copies % 97 == 0:
            (folder / f".{name}.partial").write_bytes(content[:10])
            raise KeyboardInterrupt
        place(folder, name, content)

    monkeypatch.setattr(delivery, "place", killed_now_and_then)
    kills = 0
    while kills < 50:
        try:
            attendance.deliver(home, inbox, END)
            break
        except KeyboardInterrupt:
            kills += 1
    assert 2 < kills < 50
    shown = {path.name for path in inbox.iterdir() if not path.name.startswith(".")}
    assert {name for name in whole if "_2." not in name} <= shown
    for name in shown:
        known = {
            path.read_bytes()
            for path in (home / "demo" / "outbox" / "attendance").glob(
                f"*/{name.replace('_2.', '.')}"
            )
        }
        assert (inbox / name).read_bytes() in known
