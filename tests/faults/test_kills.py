"""Killed at 200 random moments, a log and its marts are those of one left alone.

Each kill is SIGKILL to a process that has only just been forked; what it was doing is
up to chance, and in one of three the working folder is lost with it. What the kills cut
short, one clean run finishes.
"""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from faults_kit import (
    Warehouse,
    chance,
    differ,
    differences,
    different_marts,
    done,
    killed,
    made_company,
    systems,
)

from demo import company

DAYS, KILLS_A_DAY = 10, 8
FOLLOWING, READING = 60, 60

FIRST_DAY = datetime(2026, 5, 29, 6, tzinfo=UTC)
LAST_DAY = FIRST_DAY + timedelta(days=2 * (DAYS - 1))

EVENTS = (
    "select distinct * exclude (_file_sha256, _file_name, _file_line, _dlt_load_id)"
    " from {log}.raw_attendance.punches"
)
REFUSED = (
    "select distinct resource, column_name, reason, row_text"
    " from {log}.raw_ops.rejected_rows"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a small demo company."""
    for name in os.environ:
        if name.startswith(("SOURCES__", "MUSTER_")):
            monkeypatch.delenv(name)
    return made_company(tmp_path)


@pytest.fixture
def warehouses(tmp_path: Path) -> tuple[Warehouse, Warehouse]:
    """One to kill, and its twin."""
    return Warehouse(tmp_path / "one"), Warehouse(tmp_path / "twin")


@contextmanager
def cluster() -> Iterator[Callable[..., str]]:
    """Run a Kafka; yields what sends it an order, and gives its address."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, str(Path(__file__).with_name("kafka_cluster.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout

        def send(order: str = "") -> str:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        yield send
        process.stdin.close()


def test_ingest(
    home: Path, warehouses: tuple[Warehouse, Warehouse], tmp_path: Path
) -> None:
    one, twin = warehouses
    random = chance("ingest")
    for day in range(DAYS):
        company.set_clock(home, FIRST_DAY + timedelta(days=2 * day))
        with systems(home, tmp_path / "inbox"):
            seconds = done(twin.ingest)
            for _ in range(KILLS_A_DAY):
                killed(one.ingest, random.uniform(0, seconds))
                one.survive(random)
            done(one.ingest)
    assert differences(one, twin) == []
    assert different_marts(one, twin) == []


def test_follow_and_kafka(
    home: Path,
    warehouses: tuple[Warehouse, Warehouse],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Punches arrive while they are followed, and then by Kafka.

    A file is loaded once. A message is loaded at least once, in other files than by the
    twin: it is compared without its file, and once, as staging counts it.
    """
    one, twin = warehouses
    random = chance("follow")
    company.set_clock(home, LAST_DAY)
    with systems(home, tmp_path / "systems"):
        files = sorted((tmp_path / "systems" / "attendance").glob("punches*"))
        inbox = tmp_path / "inbox"
        inbox.mkdir()
        monkeypatch.setenv("SOURCES__ATTENDANCE__INBOX", str(inbox))
        for each in warehouses:
            done(each.ingest)
        ingest = partial(one.ingest, "attendance")
        deliver(files.pop(0).read_bytes(), inbox)
        seconds, loads = done(ingest), one.loads()
        for number in range(FOLLOWING):
            for _ in range(1 + number % 2):
                deliver(files.pop(0).read_bytes(), inbox)
            killed(one.follow, random.uniform(0, 2 * seconds))
            one.survive(random)
        assert one.loads() - loads > FOLLOWING // 10, "too little was done in between"
        for each in warehouses:
            done(partial(each.ingest, "attendance"))
        assert differences(one, twin) == []

        with cluster() as send:
            kafka = "SOURCES__ATTENDANCE__KAFKA__"
            monkeypatch.setenv(f"{kafka}TOPIC", "punches")
            monkeypatch.setenv(f"{kafka}BOOTSTRAP_SERVERS", send())
            monkeypatch.setenv(f"{kafka}GROUP_ID", "one")
            lines = tmp_path / "lines"
            for number in range(1 + READING):
                lines.write_bytes(text_of(files.pop(0)))
                send(f"punches {lines}")
                if not number:
                    seconds, loads = done(ingest), one.loads()
                    continue
                killed(ingest, random.uniform(0, 2 * seconds))
                one.survive(random)
            assert one.loads() - loads > READING // 10, "too little was done in between"
            done(ingest)
            monkeypatch.setenv(f"{kafka}GROUP_ID", "twin")
            done(partial(twin.ingest, "attendance"))
    others = [name for name in one.log.datasets() if "attend" not in name]
    assert differences(one, twin, set(others) - {"raw_ops"}) == []
    assert not differ(one, twin, EVENTS)
    assert not differ(one, twin, REFUSED)
    assert different_marts(one, twin) == []


def deliver(content: bytes, inbox: Path) -> None:
    """Put a file into an inbox by a rename, under the next number."""
    part = inbox / "punches.part"
    part.write_bytes(content)
    part.rename(inbox / f"punches_{len(list(inbox.iterdir())):03}.jsonl.gz")


def text_of(path: Path) -> bytes:
    """The lines of a delivered file; of one that is cut short or empty, none."""
    try:
        return gzip.decompress(path.read_bytes())
    except EOFError:
        return b""
