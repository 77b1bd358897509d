"""What arrives while a source is followed is in the log soon, whole and once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from landing_kit import punches

from ingestion import log

PATIENCE_SECONDS = 60.0


def drop(inbox: Path, number: int, events: range) -> None:
    """Put a file into an inbox by a rename, as the docs ask for."""
    part = inbox / f"punches_{number}.jsonl.part"
    part.write_text(punches(events))
    part.rename(inbox / f"punches_{number}.jsonl")


def events(home: Path) -> list[str]:
    """The events in the log, however often."""
    with log.of(home / "dev").connect() as connection:
        rows = connection.execute("select event_id from raw_attendance.punches")
        return sorted(str(event) for (event,) in rows.fetchall())


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.1)


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_what_arrives_is_loaded_until_it_is_told_to_end(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    drop(inbox, 0, range(10))
    muster = Path(sys.executable).with_name("muster")
    following = subprocess.Popen(  # noqa: S603
        [str(muster), "ingest", "attendance", "--follow", "--every", "0.2"],
        env=os.environ
        | {
            "MUSTER_HOME": str(tmp_path),
            "SOURCES__ATTENDANCE__INBOX": str(inbox),
            "SOURCES__GRACE_SECONDS": "0",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: len(events(tmp_path)) == 10)
        drop(inbox, 1, range(10, 25))
        wait_for(lambda: len(events(tmp_path)) == 25)
        # Others load between two rounds; a reader holds up nobody.
        following.send_signal(signal.SIGTERM)
        _, told = following.communicate(timeout=PATIENCE_SECONDS)
    finally:
        following.kill()
    assert following.returncode == 0, told
    assert [line.partition("UTC: ")[2] for line in told.splitlines()] == [
        "10 rows new, 0 rejected, 0 quarantined, 0 known",
        "15 rows new, 0 rejected, 0 quarantined, 0 known",
    ]
    assert events(tmp_path) == sorted(f"e{number}" for number in range(25))
