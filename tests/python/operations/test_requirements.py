"""`muster requirements`: the matrix, and each way in which it can be wrong."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import environment
from environment.errors import MusterError
from operations import requirements
from operations.build import build, fingerprint
from operations.cli import app

GOOD: dict[str, Any] = {
    "id": "BR-01",
    "statement": "Everyone is counted.",
    "owner": "Head of HR operations",
    "priority": "must",
    "exposure": "headcount_report",
    "criteria": [
        {"id": "BR-01.1", "statement": "Once."},
        {"id": "BR-01.2", "statement": "Not | twice."},
    ],
}


def node(name: str, kind: str, requirement: Any = None) -> dict[str, Any]:
    """A node of a manifest, with as much as is read of it."""
    meta = {"requirement": requirement} if requirement else {}
    return {
        "name": name,
        "resource_type": kind,
        "original_file_path": "models/m.yml",
        "config": {"meta": meta},
    }


class Project:
    """A small project's requirements, manifest and run, to be changed by a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listed: Any = {"requirements": [json.loads(json.dumps(GOOD))]}
        self.nodes = {
            "test.a": node("counted_once", "test", "BR-01.1"),
            "test.b": node("not_null", "test"),
            "model.m": node("m", "model"),
        }
        self.unit_tests = {
            "unit_test.c": node("never_twice", "unit_test", ["BR-01.2", "BR-01.1"])
        }
        self.exposures = {
            "exposure.h": node("headcount_report", "exposure", "BR-01"),
        }
        self.results = {"test.a": "pass", "test.b": "pass", "unit_test.c": "pass"}
        self.command = "build"

    @property
    def requirement(self) -> dict[str, Any]:
        """The first requirement."""
        found = self.listed["requirements"][0]
        assert isinstance(found, dict)
        return found

    def matrix(self) -> requirements.Matrix:
        """Write everything as files and join them."""
        paths = {}
        for name, content in {
            "manifest.json": {
                "nodes": self.nodes,
                "unit_tests": self.unit_tests,
                "exposures": self.exposures,
            },
            "run_results.json": {
                "args": {"which": self.command},
                "metadata": {"generated_at": "2026-07-01T06:00:00Z"},
                "results": [
                    {"unique_id": key, "status": status}
                    for key, status in self.results.items()
                ],
            },
        }.items():
            paths[name] = self.folder / name
            paths[name].write_text(json.dumps(content))
        listed = self.folder / "requirements.yml"
        listed.write_text(yaml.safe_dump(self.listed))
        return requirements.matrix(
            paths["run_results.json"], paths["manifest.json"], listed
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which all is well."""
    return Project(tmp_path)


def test_a_matrix_joins_requirement_criterion_test_and_result(
    project: Project,
) -> None:
    matrix = project.matrix()
    assert matrix.passed
    assert [(r.criterion, r.test, r.kind, r.result) for r in matrix.rows] == [
        ("BR-01.1", "counted_once", "data test", "pass"),
        ("BR-01.1", "never_twice", "unit test", "pass"),
        ("BR-01.2", "never_twice", "unit test", "pass"),
    ]
    told = json.loads(matrix.to_json())
    assert told["passed"]
    assert told["requirements"][0]["criteria"][1]["tests"] == [
        {"test": "never_twice", "kind": "unit test", "result": "pass"}
    ]
    page = matrix.to_markdown()
    assert "2 of 2 criteria of 1 requirements are proven, by 2 tests" in page
    assert "| BR-01.2 | Not \\| twice. | `never_twice` | pass |" in page
    assert matrix.to_table().row_count == 3


def forget_test(project: Project) -> None:
    project.nodes["test.a"] = node("counted_once", "test")
    project.unit_tests["unit_test.c"] = node("never_twice", "unit_test", "BR-01.2")


def fail_one_of_two(project: Project) -> None:
    project.results["test.a"] = "fail"


def skip(project: Project) -> None:
    project.results["unit_test.c"] = "skipped"


def warn(project: Project) -> None:
    project.results["unit_test.c"] = "warn"


def run_others_only(project: Project) -> None:
    del project.results["unit_test.c"]


def name_unknown_criterion(project: Project) -> None:
    project.nodes["test.b"] = node("stray", "test", "BR-09.1")


def expose_without_requirement(project: Project) -> None:
    project.exposures["exposure.x"] = node("stray_report", "exposure")


def expose_unknown_requirement(project: Project) -> None:
    project.exposures["exposure.x"] = node("stray_report", "exposure", "BR-09")


def drop_exposure(project: Project) -> None:
    project.exposures.clear()


def expose_another(project: Project) -> None:
    second = {**GOOD, "id": "BR-02", "criteria": []}
    second["criteria"] = [{"id": "BR-02.1", "statement": "So."}]
    project.listed["requirements"].append(second)
    project.nodes["test.b"] = node("so", "test", "BR-02.1")


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (forget_test, "BR-01.1 has no test: let one carry"),
        (fail_one_of_two, "BR-01.1 is not proven: counted_once (fail)."),
        (skip, "BR-01.2 is not proven: never_twice (skipped)."),
        (warn, "BR-01.2 is not proven: never_twice (warn)."),
        (run_others_only, "BR-01.2 is not proven: never_twice (not run)."),
        (name_unknown_criterion, "The data test stray (models/m.yml) names BR-09.1"),
        (
            expose_without_requirement,
            "The exposure stray_report (models/m.yml) names",
        ),
        (expose_unknown_requirement, "names BR-09, which is no requirement"),
        (drop_exposure, "exposure headcount_report, which does not exist"),
        (expose_another, "BR-02 is delivered by the exposure headcount_report, which"),
    ],
)
def test_a_matrix_tells_what_is_wrong(
    project: Project, spoil: Callable[[Project], None], line: str
) -> None:
    spoil(project)
    matrix = project.matrix()
    assert not matrix.passed
    assert [problem for problem in matrix.problems if line in problem]
    assert len(matrix.problems) == 1
    assert matrix.problems[0] in matrix.to_markdown()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"owner": None}, "requirement 1 (BR-01): owner is missing."),
        ({"priority": "soon"}, "priority 'soon' is none of must, should, could."),
        ({"id": "first"}, "id 'first' is not written as BR-01."),
        ({"statement": 7}, "statement must be text."),
        ({"onwer": "HR"}, "'onwer' is not known: use id, statement, owner,"),
        ({"criteria": "none"}, "criteria must be a list."),
        ({"criteria": ["so"]}, "criterion 1: must be a mapping of id, statement."),
        (
            {"criteria": [{"id": "BR-02.1", "statement": "So."}]},
            "criterion 1 (BR-02.1): its id must be BR-01. and a number.",
        ),
        ({"criteria": [{"id": "BR-01.1"}]}, "criterion 1 (BR-01.1): statement is"),
        (
            {"criteria": [{"id": "BR-01.1", "statement": "So."}] * 2},
            "BR-01.1 is there twice.",
        ),
    ],
)
def test_requirements_are_checked_field_by_field(
    project: Project, changes: dict[str, Any], line: str
) -> None:
    project.requirement.update(changes)
    problems = project.matrix().problems
    assert [problem for problem in problems if line in problem], problems


def test_requirements_that_are_no_list_are_told(project: Project) -> None:
    project.listed = ["BR-01"]
    assert "needs a list of requirements" in project.matrix().problems[0]


def test_a_run_that_is_no_build_is_refused(project: Project) -> None:
    project.command = "generate"
    with pytest.raises(MusterError, match="not of a build: run muster build"):
        project.matrix()


def test_the_repositorys_own_requirements_are_well_formed() -> None:
    found, problems = requirements.read(requirements.FILE)
    assert not problems
    assert {"BR-01", "BR-02"} <= {requirement.id for requirement in found}


def test_the_command_fails_where_a_criterion_is_not_proven(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    artifacts = tmp_path / "home" / "dev" / "dbt"
    artifacts.mkdir(parents=True)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(requirements, "FILE", tmp_path / "requirements.yml")
    project.folder = artifacts

    def run(*options: str) -> tuple[int, str]:
        project.matrix()
        (artifacts / "requirements.yml").replace(tmp_path / "requirements.yml")
        result = CliRunner().invoke(app, ["requirements", *options])
        return result.exit_code, result.output

    code, told = run("--format", "json")
    assert code == 0
    assert json.loads(told)["passed"]
    assert run("--format", "markdown")[1].startswith("# Requirements\n")

    fail_one_of_two(project)
    code, told = run()
    assert code == 1
    assert "BR-01.1 is not proven: counted_once (fail)." in told
    assert run("--format", "xml")[0] == 2


def test_a_run_that_is_older_than_the_models_or_the_databases_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = environment.Environment("dev", tmp_path / "home")
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    model = tmp_path / "models" / "m.sql"
    for path in (model, dev.artifacts / "run_results.json", dev.marts):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("select 1")
    assert not build.outdated(dev)
    later = time.time() + 10
    os.utime(model, (later, later))
    assert build.outdated(dev) == "the project was changed since"

    note = {
        "project": fingerprint.files(tmp_path),
        "outputs": fingerprint.outputs(dev),
    }
    dev.last_build.write_text(json.dumps(note))
    assert not build.outdated(dev), "the same content, checked out anew"
    model.write_text("select 2")
    assert build.outdated(dev) == "the project was changed since"
    dev.marts.write_text("select 2 as it")
    assert build.outdated(dev).startswith("another dbt build")
