"""`kill -9` at random moments loses nothing and doubles nothing."""

import random
import time
from datetime import timedelta
from pathlib import Path

import pytest
from trial_kit import trials

from acceptance import warehouse
from acceptance.company import create

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

KILLS = trials(10, nightly=30)
TRIES = 2 * KILLS


def test_kills_in_a_row_then_one_clean_run_give_the_uninterrupted_marts(
    tmp_path: Path, desk: Path
) -> None:
    whole = create(tmp_path / "whole", desk, seed=6, employees=80, months=4)
    cut = whole.copy(tmp_path / "cut")
    seconds = whole.seconds_to_ingest()
    whole.build()

    draw = random.Random(6)
    first, last = cut.go_live + timedelta(hours=6), cut.clock
    kills = 0
    for attempt in range(TRIES):
        share = min(attempt / KILLS, 1)
        cut.set_clock(first + (last - first) * share)
        started = time.monotonic()
        if cut.ingest_killed_after(draw.uniform(0, seconds)):
            kills += 1
        else:
            # A run with less to load, or on a machine less busy, ends sooner.
            seconds = min(seconds, time.monotonic() - started)
        if kills == KILLS:
            break
    assert kills == KILLS, f"{kills} of {TRIES} kills came before the end of the run"
    cut.set_clock(last)
    cut.ingest()
    cut.build()

    known_time = warehouse.SCHEMAS_OF_KNOWN_TIME
    assert warehouse.table_differences(whole.marts, cut.marts, but=known_time) == []
