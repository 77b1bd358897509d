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
    "profiles.yml",
    "requirements.lock",
    "demo/sql/ats/fills.sql",
    "macros/engine/pseudonym.sql",
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
        "dbt_project.yml",
        "profiles.yml",
        "requirements.lock",
    ],
)
def test_what_every_node_may_depend_on_makes_another_build_and_leaves_nothing_to_slim(
    project: Path, tmp_path: Path, name: str
) -> None:
    ci, state = saved(tmp_path)
    before = (fingerprint.files(project), fingerprint.basis(project, {}, b""))
    change(project / name)
    assert fingerprint.files(project) != before[0]
    assert fingerprint.basis(project, {}, b"") != before[1]
    assert slim.why_not(state, slim.basis_of(ci)).startswith("not as on main")


@pytest.mark.parametrize("name", ["demo/sql/ats/fills.sql", "demo/new.py"])
def test_another_demo_company_leaves_nothing_to_slim_and_is_no_other_build(
    project: Path, tmp_path: Path, name: str
) -> None:
    ci, state = saved(tmp_path)
    before = fingerprint.files(project)
    change(project / name)
    assert fingerprint.files(project) == before
    told = slim.why_not(state, slim.basis_of(ci))
    assert told == "not as on main, and not compared by dbt: demo"


@pytest.mark.parametrize("name", ["models/people.sql", "macros/engine/pseudonym.sql"])
def test_what_dbt_compares_makes_another_build_and_is_left_to_it(
    project: Path, tmp_path: Path, name: str
) -> None:
    ci, state = saved(tmp_path)
    before = (fingerprint.files(project), fingerprint.basis(project, {}, b""))
    change(project / name)
    assert fingerprint.files(project) != before[0]
    assert fingerprint.basis(project, {}, b"") == before[1]
    assert slim.why_not(state, slim.basis_of(ci)) == ""


def saved(folder: Path) -> tuple[Environment, Path]:
    """An environment, and a state of it from which a slim build may start."""
    ci = Environment("ci", folder / "home")
    state = folder / "state"
    for part in (*slim.FILES, MANIFEST):
        (state / part).parent.mkdir(exist_ok=True)
        (state / part).touch()
    slim.write_state(ci, state, slim.basis_of(ci))
    assert slim.why_not(state, slim.basis_of(ci)) == ""
    return ci, state


def change(path: Path) -> None:
    """Write something else into a file, which may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("another")


def test_what_only_runs_dbt_changes_nothing_that_was_built(project: Path) -> None:
    before = fingerprint.files(project)
    (project / "operations/build/build.py").write_text("another")
    (project / "ingestion/fx/README.md").write_text("another")
    assert fingerprint.files(project) == before
