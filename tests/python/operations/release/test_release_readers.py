"""Readers never fail and never see two releases mixed, whatever happens meanwhile."""

import subprocess
import sys
from pathlib import Path

import pytest
from release_kit import TABLES, make_log, released
from trial_kit import trials

from operations.release import release as release_module
from store import releases

RELEASES = trials(8, nightly=50)
BEFORE_A_ROLLBACK = 5

READER = """
import sys
import time
from pathlib import Path

import duckdb

current, stop, tables = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
reads, seen, wrong = 0, set(), []
print("reading", flush=True)
while not stop.exists():
    with duckdb.connect(str(current), True, {"threads": 1}) as marts:
        found = set()
        for table in tables:
            rows = marts.execute(f"select marker from people.{table}").fetchall()
            found.add(tuple(rows))
    time.sleep(0.02)
    reads += 1
    seen |= found
    if len(found) != 1 or len(set(found.pop())) != 1:
        wrong.append(found)
print(reads, len(seen), len(wrong), flush=True)
"""


def test_a_reader_sees_one_release_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        release_module, "revision_of", lambda project: ("f" * 40, False)
    )
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.setenv(releases.KEEP_VARIABLE, "3")
    environment = make_log(tmp_path)
    released(environment, 0)
    stop = tmp_path / "stop"
    marts = environment.folder / "current" / "muster.duckdb"
    reader = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", READER, str(marts), str(stop), *TABLES],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    try:
        for marker in range(1, RELEASES + 1):
            released(environment, marker)
            if marker % BEFORE_A_ROLLBACK == 0:
                releases.rollback(environment)
    finally:
        stop.touch()
        told, trouble = reader.communicate(timeout=60)
    assert reader.returncode == 0, trouble
    reads, seen, wrong = map(int, told.split())
    assert wrong == 0
    assert reads >= RELEASES
    assert seen > RELEASES // 2, "the reader saw too few releases to tell anything"
