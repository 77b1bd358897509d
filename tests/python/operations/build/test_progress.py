"""What is told of long steps where there is no terminal to draw on."""

import time
from io import StringIO

import pytest
from rich.console import Console

from environment import progress
from environment.errors import MusterError


def test_a_step_that_tells_nothing_is_still_heard_of_until_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.05)
    written = StringIO()
    reporter = progress.TerminalReporter(Console(file=written, width=80))
    with reporter.step("Reading") as step:
        time.sleep(0.3)
        silent = written.getvalue().splitlines()
        step.describe("the third file")
        time.sleep(0.3)
    with pytest.raises(MusterError), reporter.step("Broken off"):
        raise MusterError("x")
    told = written.getvalue()
    time.sleep(0.2)

    assert len(silent) > 1
    assert set(silent) == {"Reading: 0 s"}
    assert "Reading: the third file, " in told
    assert "Broken off" not in told
    assert written.getvalue() == told, "it is told of what has ended"
