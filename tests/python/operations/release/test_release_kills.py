"""Killed at any moment of a release or a rollback, readers have a whole release."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from release_kit import make_log, markers, released
from trial_kit import trials

from store import releases
from store.store import open_store

HERE = Path(__file__).parent
KILLS = trials(15, nightly=100)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
def test_killed_at_random_moments_the_pointer_names_a_whole_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.setenv(releases.KEEP_VARIABLE, "4")
    environment = make_log(tmp_path)
    released(environment, 1)
    killed = subprocess.run(  # noqa: S603
        [
            sys.executable,
            str(HERE / "release_killed.py"),
            str(tmp_path),
            str(KILLS),
            "7",
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert killed.returncode == 0, killed.stderr
    found = json.loads(killed.stdout)
    assert found["torn"] == 0, (found, killed.stderr)
    assert found["whole"] == KILLS
    assert found["moved"] > KILLS // 10, "too little was done to tell anything"

    # What the dead left is cleared away by the next, and all that is kept is whole.
    made = released(environment, 1000)
    store = open_store(environment)
    assert releases.current(store) == made.release
    assert markers(environment.folder / "current" / "muster.duckdb") == {1000}
    kept = releases.listed(store)
    assert [each.release for each in kept] == releases.ids(store)
    for each in kept:
        releases.check(store, each)
    assert not list((environment.folder / "candidates").iterdir())
