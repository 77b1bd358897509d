"""Linting SQL: both runs count, however they end."""

import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from tools import lint_sql


@pytest.mark.parametrize(
    ("models", "demo", "told"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (-9, 0, 1), (0, -9, 1)],
)
def test_no_run_that_fails_or_is_killed_passes(
    models: int, demo: int, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [models, demo]

    def run(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, codes.pop(0))

    monkeypatch.setattr(subprocess, "run", run)
    assert lint_sql.main(["lint"]) == told
    assert not codes, "both are run"
