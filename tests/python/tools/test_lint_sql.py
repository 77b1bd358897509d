"""Linting SQL: all runs count, and what macros emit and tests say is seen."""

import re
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
from sqlfluff.core import FluffConfig, Linter

from tools import lint_sql, rendering


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


def found(macro: str) -> list[str]:
    """The rules that a model breaks which takes what a macro emits."""
    text = f"with told as (\n    {{{{ {macro} }}}}\n)\n\nselect * from told\n"
    linted = Linter(config=FluffConfig.from_root()).lint_string(text, fname="it.sql")
    return [each.rule_code() for each in linted.get_violations()]


def test_what_a_macro_emits_is_linted(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = dict(rendering.models_names()) | {"bad": lambda: "SELECT 1 as one"}
    monkeypatch.setattr(rendering, "models_names", lambda: bad)
    assert found("bad()") == ["CP01"]
    assert not found("'select 1 as one'")


def test_generic_tests_are_linted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "tests/generic/unique_combination.sql"
    assert lint_sql.main(["lint", path]) == 0
    test = rendering.models_names()["test_unique_combination"]

    def shouted(**given: Any) -> str:
        return re.sub("having", "HAVING", test(**given))

    shouted.arguments = test.arguments  # type: ignore[attr-defined]
    known = dict(rendering.models_names()) | {"test_unique_combination": shouted}
    monkeypatch.setattr(lint_sql, "models_names", lambda: known)
    assert lint_sql.main(["lint", path]) == 1
    assert f"{path}: CP01" in capsys.readouterr().out
