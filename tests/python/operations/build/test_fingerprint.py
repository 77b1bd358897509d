"""What a build depends on: folders of code and of models, each as a whole."""

from pathlib import Path

import pytest

import environment
from environment import Environment
from operations.build import fingerprint
from operations.build.artifacts import MANIFEST
from operations.diff import slim

FILES = (
    "dbt_project.yml",
    "models/people.sql",
    "environment/sql.py",
    "ingestion/fx/settings.py",
    "operations/build/inside/plugin.py",
    "operations/build/inside/least_squares.py",
    "operations/build/build.py",
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a few files."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "operations/build/inside/least_squares.py",
        "operations/build/inside/new.py",
        "operations/build/inside/deeper/new.py",
        "environment/sql.py",
        "ingestion/fx/settings.py",
    ],
)
def test_whatever_runs_inside_dbt_makes_another_build_and_leaves_nothing_to_slim(
    project: Path, tmp_path: Path, name: str
) -> None:
    ci = Environment("ci", tmp_path / "home")
    state = tmp_path / "state"
    before = (fingerprint.files(project), fingerprint.basis(project, {}, b""))
    for part in (*slim.FILES, MANIFEST):
        (state / part).parent.mkdir(exist_ok=True)
        (state / part).touch()
    slim.write_state(ci, state, slim.basis_of(ci))
    assert slim.why_not(state, slim.basis_of(ci)) == ""

    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("another")
    assert fingerprint.files(project) != before[0]
    assert fingerprint.basis(project, {}, b"") != before[1]
    assert slim.why_not(state, slim.basis_of(ci)).startswith("not as on main")


def test_what_only_runs_dbt_changes_nothing_that_was_built(project: Path) -> None:
    before = fingerprint.files(project)
    (project / "operations/build/build.py").write_text("another")
    (project / "ingestion/fx/README.md").write_text("another")
    assert fingerprint.files(project) == before
