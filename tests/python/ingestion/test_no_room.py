"""A disk that is full ends a source in one line, and nothing of it is lost or torn."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from landing_kit import Warehouse, punches

from environment.errors import MusterError
from environment.progress import Reporter
from operations.ingest import load


@contextmanager
def files_of(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: writing fails as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def said(warehouse: Warehouse) -> str:
    """What a run says that fails."""
    try:
        tally = load(["attendance"], warehouse.home, "dev", Reporter())
    except MusterError as error:
        return str(error)
    return tally.failed["attendance"]


@pytest.mark.parametrize("size", [0, 400, 2_000, 6_000])
def test_a_full_disk_is_told_and_the_next_run_has_it_all(
    warehouse: Warehouse, size: int
) -> None:
    for number in range(3):
        numbers = range(number * 500, number * 500 + 500)
        warehouse.drop("attendance", f"punches_{number}.jsonl.gz", punches(numbers))
    warehouse.drop("attendance", "punches_3.jsonl.gz", "bad\n")
    with files_of(size):
        told = said(warehouse)
    assert "no room to write /" in told
    assert "make room there, then run this again" in told
    assert "\n" not in told
    warehouse.query("from raw_attendance.punches")
    assert not warehouse.ingest("attendance").failed
    assert warehouse.unmarked() == []
    events = [e for (e,) in warehouse.loaded("raw_attendance.punches", "event_id")]
    assert sorted(events) == sorted(f"e{number}" for number in range(1500))
    assert warehouse.one("select count(*) from raw_ops.rejected_rows") == 1
    assert warehouse.is_balanced()
