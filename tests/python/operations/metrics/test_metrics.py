"""`muster metrics`: what it gives, and what it refuses."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_kit import REPOSITORY
from typer.testing import CliRunner, Result

from environment import Environment
from operations.cli import app
from operations.metrics import engine

HEADCOUNT = """
create schema people;
create table people.rpt_headcount_monthly as
from (values
    ('Sales', 'R', 'D', null, 7::bigint, date '2026-05-01'),
    ('Sales', 'R', 'D', null, 8::bigint, date '2026-06-01'),
    ('Legal', 'R', 'D', null, 5::bigint, date '2026-05-01'),
    ('Legal', 'S', 'D', 'not_known_beyond_2026-05-31', null, date '2026-06-01'),
    ('Legal', 'R', 'D', null, 4::bigint, date '2026-06-01')
) as cells(department, region, designation, null_reason, headcount, month_start_on)
"""


@pytest.fixture(autouse=True)
def dev(parsed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Marts with two months of headcount, and nothing that reaches the network."""

    def refuse(*_: Any) -> None:
        raise AssertionError("metrics asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    found = Environment("dev", tmp_path)
    found.artifacts.mkdir(parents=True)
    for name in (engine.MANIFEST, "manifest.json"):
        shutil.copy(parsed / name, found.artifacts)
    for path in found.databases:
        with duckdb.connect(str(path)) as connection:
            connection.execute(HEADCOUNT)
    return found


def muster(*arguments: str) -> Result:
    """Run `muster metrics`."""
    return CliRunner().invoke(app, ["metrics", *arguments])


def told(*arguments: str) -> list[dict[str, Any]]:
    """What a question gives, as JSON."""
    result = muster("query", *arguments, "--format", "json", "-o", "told.json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(Path("told.json").read_text())
    return found


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_total_is_null_with_its_reason_where_a_cell_is_not_known() -> None:
    reason = "not_known_beyond_2026-05-31"
    assert told("headcount", "--grain", "month") == [
        {"month_start_on": "2026-05-01", "headcount": 12, "null_reason": None},
        {"month_start_on": "2026-06-01", "headcount": None, "null_reason": reason},
    ]
    assert told("headcount", "--by", "department") == [
        {"department": "Legal", "headcount": None, "null_reason": reason},
        {"department": "Sales", "headcount": 8, "null_reason": None},
    ]


def test_a_question_is_narrowed_by_conditions_and_time() -> None:
    assert told("headcount", "--where", "department = 'Legal'", "--to", "2026-05") == [
        {"headcount": 5, "null_reason": None}
    ]
    assert told("headcount", "--from", "2026-06", "--by", "region,department") == [
        {"region": "R", "department": "Legal", "headcount": 4, "null_reason": None},
        {"region": "R", "department": "Sales", "headcount": 8, "null_reason": None},
        {
            "region": "S",
            "department": "Legal",
            "headcount": None,
            "null_reason": "not_known_beyond_2026-05-31",
        },
    ]


def test_a_table_is_shown_as_that_of_a_query_is() -> None:
    lines = muster("query", "headcount", "--grain", "month").output.splitlines()
    assert lines[0].split() == ["month_start_on", "headcount", "null_reason"]
    assert lines[1].split() == ["2026-05", "12"]
    first = muster("query", "headcount", "--by", "department", "--limit", "1").output
    assert "there are more" in first


def test_metrics_are_listed_with_what_they_mean_and_whose_they_are() -> None:
    assert muster("list", "--format", "json", "-o", "list.json").exit_code == 0
    found = {row["metric"]: row for row in json.loads(Path("list.json").read_text())}
    assert found["headcount"] == {
        "metric": "headcount",
        "label": "Headcount",
        "by": "department, designation, region",
        "owner": "Head of HR operations",
        "meaning": (
            "People employed at the close of the month; of several months, of the last."
        ),
    }
    assert "turnover_by_region" in found
    assert not [name for name in found if name.endswith("null_reason")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["headcont"], "did you mean headcount?"),
        (["headcount", "--by", "outcome"], "there are department, designation, region"),
        (["headcount", "--grain", "hour"], "There is no grain 'hour'"),
        (["headcount", "--grain", "day"], "That cannot be asked: "),
        (["headcount", "--where", "pay > 1"], "'pay'"),
        (["headcount", "--where", "region ="], "is no condition in SQL"),
        (["headcount", "--where", "{{ 1 }}"], "is no condition in SQL"),
        (["headcount", "--from", "June"], "is no month or day"),
        (["headcount", "--format", "xlsx"], "A xlsx is a file"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(
    arguments: list[str], message: str
) -> None:
    result = muster("query", *arguments)
    assert (result.exit_code, len(result.output.splitlines())) == (2, 1), result.output
    assert message in result.output


def test_without_a_build_it_says_what_to_do(dev: Environment) -> None:
    (dev.artifacts / engine.MANIFEST).unlink()
    assert "run muster build --force --env dev" in muster("query", "headcount").output


def test_the_command_line_that_asks_an_index_is_never_loaded() -> None:
    code = "import sys, operations.metrics.ask; print(*sys.modules)"
    loaded = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "metricflow" in loaded
    assert not {"dbt_metricflow", "update_checker"} & set(loaded)
