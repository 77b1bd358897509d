"""`make check`: what differs from main decides what is linted and whether is built."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import check


def git(*arguments: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    command = ["git", *who, *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Sequence[str]]:
    """The steps that a check takes, in a repository with a branch of no commit."""
    taken: dict[str, Sequence[str]] = {}

    def passes(name: str, command: Sequence[str | Path]) -> bool:
        taken[name] = list(map(str, command))
        return True

    monkeypatch.setattr(check, "passes", passes)
    monkeypatch.setenv("MUSTER_PARSED", "")
    monkeypatch.chdir(tmp_path)
    git("init", "-b", "main")
    for name in ("models/a.sql", "README.md"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("text")
    git("add", ".")
    git("commit", "-m", "one")
    git("checkout", "-b", "branch")
    return taken


def test_a_model_that_is_gone_is_built_without_and_not_linted(
    steps: dict[str, Sequence[str]],
) -> None:
    git("rm", "models/a.sql")
    git("commit", "-m", "two")
    Path("new.py").write_text("text")
    assert check.main() == 0
    assert list(steps) == ["Lint", "Build", "Structure"]
    assert steps["Lint"][-1] == "new.py"
    assert "models/a.sql" not in steps["Lint"]


def test_what_no_build_depends_on_is_not_built(steps: dict[str, Sequence[str]]) -> None:
    Path("README.md").write_text("other")
    assert check.main() == 0
    assert list(steps) == ["Lint", "Structure"]


def test_without_main_nothing_is_called_checked(
    steps: dict[str, Sequence[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    git("branch", "-D", "main")
    assert check.main() == 2
    assert not steps
    assert "main is not here" in capsys.readouterr().err
