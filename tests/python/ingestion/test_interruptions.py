"""A run may end at any moment; the next one finishes its work, exactly once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from landing_kit import (
    KilledError,
    Warehouse,
    after,
    before,
    interrupt,
    punch,
    punches,
)

from ingestion import files, landing, log, staging
from ingestion.ledger import Ledger

STEPS: list[tuple[Any, str, Callable[..., bool], int]] = [
    (landing, "_receive", after, 2),
    (landing, "_move", before, 2),
    (landing, "_move", after, 2),
    (landing, "_remember", before, 1),
    (Ledger, "write_files", after, 1),
    (landing, "_remember", after, 1),
    (files, "stage", before, 1),
    (staging._Worker, "_write_rejected", after, 1),
    (staging._Worker, "_write_good", after, 1),
    (files, "stage", after, 1),
    (log, "write_marker", before, 1),
    (log, "write_marker", before, 2),
    (log, "write_marker", before, 3),
    (log, "write_marker", before, 4),
    (log, "write_marker", before, 5),
    (log, "write_marker", before, 6),
    (log, "write_marker", after, 6),
    (log, "write_marker", before, 7),
    (files, "_finish", before, 1),
    (Ledger, "write_count", before, 2),
]


@pytest.mark.parametrize(
    ("owner", "name", "moment", "call"),
    STEPS,
    ids=[f"{m.__name__} {n} {c}" for _, n, m, c in STEPS],
)
def test_the_next_run_finishes_what_an_interrupted_one_left(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    moment: Callable[..., bool],
    call: int,
) -> None:
    monkeypatch.setattr(staging, "BATCH_BYTES", 1500)
    warehouse.drop("attendance", "punches_1.jsonl", punches(range(20)) + "bad\n")
    warehouse.drop("attendance", "punches_2.jsonl.gz", punches(range(20, 35)))
    warehouse.drop("attendance", "punches_3.jsonl", punches(range(20)) + "bad\n")
    warehouse.drop("attendance", "punches_4.jsonl.gz", b"broken")
    warehouse.drop("attendance", "punches_5.jsonl", "bad\n")
    warehouse.drop("attendance", "punches_6.jsonl", punch(35, extra="new"))
    with monkeypatch.context() as patch:
        interrupt(patch, owner, name, moment, call)
        with pytest.raises(KilledError):
            warehouse.ingest("attendance")
    for path in warehouse.unmarked():
        path.write_bytes(path.read_bytes()[:-9])
    tally = warehouse.ingest("attendance")
    assert not tally.failed
    loaded = warehouse.loaded("raw_attendance.punches", "_file_name, _file_line")
    assert loaded == sorted(
        [("punches_1.jsonl", n + 1) for n in range(20)]
        + [("punches_2.jsonl.gz", n + 1) for n in range(15)]
        + [("punches_6.jsonl", 1)]
    )
    total = (
        "select sum(delivered), sum(loaded), sum(rejected), sum(already_known),"
        " sum(files) from raw_ops.load_counts where resource = 'punches'"
    )
    assert warehouse.query(total) == [(59, 36, 2, 21, 6)]
    rejected = warehouse.query(
        "select file, line from raw_ops.rejected_rows order by 1"
    )
    assert rejected == [("punches_1.jsonl", 21), ("punches_5.jsonl", 1)]
    assert dict(warehouse.statuses()) == {
        "punches_1.jsonl": "loaded",
        "punches_2.jsonl.gz": "loaded",
        "punches_3.jsonl": "already_known",
        "punches_4.jsonl.gz": "quarantined",
        "punches_5.jsonl": "loaded",
        "punches_6.jsonl": "loaded",
    }
    assert warehouse.is_balanced()
    assert warehouse.unmarked() == []
    assert warehouse.ingest("attendance").total().files == 0


def test_rows_of_an_abandoned_load_are_not_read_and_are_swept(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches(range(5)))
    with monkeypatch.context() as patch:
        interrupt(patch, files, "stage", after)
        with pytest.raises(KilledError):
            warehouse.ingest("attendance")
    (path,) = warehouse.unmarked()
    path.write_bytes(path.read_bytes()[:-9])
    assert warehouse.loaded("raw_attendance.punches") == []
    assert warehouse.ingest("attendance").total().loaded == 5
    assert len(warehouse.loaded("raw_attendance.punches")) == 5
    assert warehouse.unmarked() == []


def test_rows_are_known_from_when_their_marker_was_written(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches(range(5)))
    with monkeypatch.context() as patch:
        interrupt(patch, files, "_finish", before, 2)
        with pytest.raises(KilledError):
            warehouse.ingest("attendance")
    loads = warehouse.log.loads("raw_attendance")
    assert [load.inserted_at for load in loads] == [datetime(2026, 7, 1, 6, tzinfo=UTC)]
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-02T06:00:00Z")
    assert warehouse.ingest("attendance").total().loaded == 5
    assert warehouse.log.loads("raw_attendance") == loads


def test_a_landed_copy_that_was_damaged_is_quarantined(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches(range(5)))
    warehouse.drop("attendance", "punches_2.jsonl", punches(range(5, 10)))
    with monkeypatch.context() as patch:
        interrupt(patch, files, "_stage", before)
        with pytest.raises(KilledError):
            warehouse.ingest("attendance")
    paths = warehouse.query(
        "select landing_path from raw_ops.landed_files order by inbox_path"
    )
    (warehouse.folder / paths[0][0]).write_text("overwritten")
    tally = warehouse.ingest("attendance")
    count = tally.count("attendance", "punches")
    assert (count.loaded, count.quarantined, count.is_balanced) == (5, 0, True)
    assert "the landed copy is damaged" in tally.faults[0].reason


def test_kill_at_random_moments(warehouse: Warehouse) -> None:
    for number in range(30):
        first = number * 50
        content = punches(range(first, first + 50)) + "bad\n"
        warehouse.drop("attendance", f"punches_{number:02}.jsonl.gz", content)
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    code = (
        "import sys; from pathlib import Path; from ingestion.runner import ingest;"
        " print('ready', flush=True); ingest(['attendance'], Path(sys.argv[1]))"
    )
    for delay in (0.1, 0.9, 1.8):
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", code, str(warehouse.home)],
            env=environment,
            stdout=subprocess.PIPE,
            cwd=root,
        )
        assert process.stdout
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert not warehouse.ingest("attendance").failed
    loaded = warehouse.loaded("raw_attendance.punches", "event_id")
    assert len(loaded) == len(set(loaded)) == 1500
    assert warehouse.one("select count(*) from raw_ops.rejected_rows") == 30
    totals = "select sum(loaded), sum(rejected) from raw_ops.load_counts"
    assert warehouse.query(totals) == [(1500, 30)]
    assert warehouse.unmarked() == []
