"""How soon a punch is in the log while a source is followed.

A file of punches arrives each second; how long it takes from then until a reader of the
log has its rows is told, beside the CPU that following takes.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import publish
from ingestion import log

DRAIN_SECONDS = 60.0


def main() -> int:
    """Measure and report; 1 where punches are lacking in the end."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.follow", description=__doc__
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--per-second", type=int, default=2000)
    parser.add_argument("--keep", action="store_true", help="among the results")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, inbox = Path(folder), Path(folder) / "inbox"
        inbox.mkdir()
        following = subprocess.Popen(  # noqa: S603
            [
                str(Path(sys.executable).with_name("muster")),
                *("ingest", "attendance", "--follow"),
            ],
            env=os.environ
            | {
                "MUSTER_HOME": str(home),
                "SOURCES__ATTENDANCE__INBOX": str(inbox),
                "SOURCES__GRACE_SECONDS": "0",
            },
            stderr=subprocess.DEVNULL,
        )
        arrived = _send(inbox, given.seconds, given.per_second)
        late = _latencies(home, arrived)
        following.send_signal(signal.SIGTERM)
        following.wait()
    if len(late) < len(arrived):
        print(f"{len(arrived) - len(late)} of {len(arrived)} files never came")
        return 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    late.sort()
    note = (
        f"{given.per_second:,} punches a second for {given.seconds} s were in the log"
        f" after {late[len(late) // 2]:.1f} s (median), {late[-1]:.1f} s (longest);"
        f" following took {used.ru_utime + used.ru_stime:.0f} s of CPU and"
        f" {used.ru_maxrss / 1024:.0f} MB."
    )
    publish(parser.prog, [], [note], keep=given.keep)
    return following.returncode


def _send(inbox: Path, seconds: int, rate: int) -> dict[str, float]:
    """Put a file into the inbox each second; give when each arrived."""
    arrived = {}
    started = time.time()
    for second in range(seconds):
        rows = (
            {
                "event_id": f"{second}-{number}",
                "user_id": f"u{number}",
                "type": "IN" if number % 2 else "OUT",
                "device_time": "2026-06-01T08:00:00+02:00",
                "arrival_time": "2026-06-01T06:00:05Z",
                "device_id": "phone",
            }
            for number in range(rate)
        )
        name = f"punches_{second:05}.jsonl"
        part = inbox / f"{name}.part"
        part.write_text("".join(json.dumps(row) + "\n" for row in rows))
        time.sleep(max(0.0, started + second - time.time()))
        part.rename(inbox / name)
        arrived[name] = time.time()
    return arrived


def _latencies(home: Path, arrived: dict[str, float]) -> list[float]:
    """Seconds from each file's arrival to the marker of its load."""
    until = time.time() + DRAIN_SECONDS
    while True:
        known = log.of(home / "dev")
        with known.connect() as connection:
            rows = connection.execute(
                "select distinct _file_name, _dlt_load_id from raw_attendance.punches"
            ).fetchall()
        when = {
            load.load_id: load.inserted_at.timestamp()
            for load in known.completed("raw_attendance")
        }
        if len(rows) == len(arrived) or time.time() > until:
            return [when[load_id] - arrived[name] for name, load_id in rows]
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
