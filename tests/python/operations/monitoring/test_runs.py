"""What a run leaves in the log, however it ends."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from monitoring_kit import History

from environment import Environment
from environment.errors import MusterError
from ingestion import index
from ingestion.hr_tables.mapping import BUILT_IN
from ingestion.ledger_tables import RUNS
from ingestion.log import of as log_of
from ingestion.tally import Step, Tally
from operations.build import failing
from operations.build.artifacts import RESULTS
from operations.build.failing import KEYS
from operations.monitoring import runs


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment("dev", tmp_path)


def rows(environment: Environment, table: str) -> list[dict[str, Any]]:
    """What is in the log of one of its tables, in order."""
    with log_of(environment.folder).connect() as connection:
        query = f"select * from {RUNS}.{table} order by _dlt_load_id"
        found: list[dict[str, Any]] = (
            connection.execute(query).to_arrow_table().to_pylist()
        )
        return found


def ends(environment: Environment) -> list[tuple[str, str | None, str | None]]:
    """How runs ended: command, outcome and cause."""
    return [
        (each["command"], each["outcome"], each["cause"])
        for each in rows(environment, "run_events")
        if each["event"] == runs.ENDED
    ]


def test_a_run_is_noted_as_it_begins_and_as_it_ends(environment: Environment) -> None:
    with runs.recorded(environment, "release") as run:
        (begun,) = rows(environment, "run_events")
        assert (begun["event"], begun["command"]) == (runs.BEGUN, "release")
        run.release = "r1"

    _, ended = rows(environment, "run_events")
    assert (ended["outcome"], ended["release_id"]) == (runs.SUCCEEDED, "r1")
    assert ended["peak_memory_bytes"] > 2**20
    assert 0 < ended["free_disk_bytes"] < ended["disk_bytes"]
    for path in environment.raw.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("error", "outcome", "cause"),
    [
        (MusterError("The build failed at x."), runs.FAILED, runs.OTHER),
        (MusterError("no such date", 2), runs.FAILED, runs.USAGE),
        (MusterError("no room to write a (no space)"), runs.FAILED, runs.DISK),
        (OSError(28, os.strerror(28)), runs.FAILED, runs.DISK),
        (MemoryError(), runs.FAILED, runs.MEMORY),
        (KeyboardInterrupt(), runs.INTERRUPTED, runs.OTHER),
    ],
)
def test_how_a_run_ended_is_noted_and_raised(
    environment: Environment, error: BaseException, outcome: str, cause: str
) -> None:
    with pytest.raises(type(error)), runs.recorded(environment, "build"):
        raise error
    assert ends(environment) == [("build", outcome, cause)]


def test_a_killed_run_is_noted_by_the_next(environment: Environment) -> None:
    code = (
        "import os, signal; from pathlib import Path;"
        "from environment import Environment; from operations.monitoring import runs;"
        f"e = Environment('dev', Path({str(environment.home)!r}));\n"
        "with runs.recorded(e, 'ingest'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603
    assert killed.returncode == -signal.SIGKILL
    assert ends(environment) == []

    with runs.recorded(environment, "build"):
        pass
    assert ends(environment) == [
        ("ingest", runs.KILLED, None),
        ("build", runs.SUCCEEDED, None),
    ]
    with runs.recorded(environment, "build"):
        pass
    assert len(ends(environment)) == 3, "it is noted once"


def test_what_dbt_did_is_noted_but_what_it_left_as_it_was(
    environment: Environment,
) -> None:
    def result(unique_id: str, status: str, **more: object) -> dict[str, object]:
        return {
            "unique_id": unique_id,
            "status": status,
            "execution_time": 1.5,
            "failures": None,
            "message": "",
        } | more

    with runs.recorded(environment, "build"):
        environment.artifacts.mkdir(parents=True)
        results = [
            result("model.muster.fct_a", "success"),
            result("model.muster.fct_b", "success", message=runs.AS_BEFORE),
            result("test.muster.it_holds.0a1b", "fail", failures=2),
            result("unit_test.muster.fct_a.it_adds_up", "pass"),
        ]
        path = environment.artifacts / RESULTS
        path.write_text(json.dumps({"results": results}))
        found = {"test.muster.it_holds.0a1b": "region DE"}
        (environment.artifacts / KEYS).write_text(json.dumps(found))

    assert {
        (each["node"], each["resource_type"], each["status"], each["keys"])
        for each in rows(environment, "node_results")
    } == {
        ("fct_a", "model", "success", None),
        ("it_adds_up", "unit_test", "pass", None),
        ("it_holds", "test", "fail", "region DE"),
    }
    with runs.recorded(environment, "ingest"):
        pass
    assert len(rows(environment, "node_results")) == 3, "what another run left is its"


def test_a_source_that_failed_is_noted_beside_those_that_did_not(
    environment: Environment,
) -> None:
    with runs.recorded(environment, "ingest") as run:
        took = {("ats", "load"): Step(runs=2, failures=1, seconds=0.5)}
        run.sources(
            Tally(failed={"fx": "no answer"}, elapsed={"fx": 1, "ats": 1}, steps=took)
        )

    (step,) = rows(environment, "load_steps")
    assert {each: step[each] for each in ("source", "step", "runs", "failures")} == {
        "source": "ats",
        "step": "load",
        "runs": 2,
        "failures": 1,
    }
    found = {each["subject"]: each["outcome"] for each in rows(environment, "checks")}
    assert found == {"ats": runs.PASSED, "fx": runs.FAILED}
    assert ends(environment) == [("ingest", runs.FAILED, runs.SOURCES)]


def test_where_nothing_can_be_noted_the_run_goes_on(
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with runs.recorded(environment, "build"):
        done = True

    assert done
    assert "this build was not noted" in capsys.readouterr().err
    assert not list(environment.raw.rglob("*.jsonl")), "no load without its rows"


def test_runs_are_no_part_of_what_is_loaded(environment: Environment) -> None:
    with runs.recorded(environment, "build"):
        pass
    log = log_of(environment.folder)
    assert log.datasets() == []
    assert log.instants() == []
    assert index.unrecorded(log, set()) == []


def test_a_damaged_memory_stops_nobody(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    with runs.recorded(environment, "build"):
        pass
    for path in environment.raw.rglob("*.parquet"):
        path.write_bytes(b"")
    with runs.recorded(environment, "ingest"):
        pass
    assert "2 damaged" in capsys.readouterr().err
    assert ends(environment) == [("ingest", runs.SUCCEEDED, None)]


def test_histories_of_the_kit_are_as_runs_leave_them(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.run("build", datetime(2026, 7, 1, 6))
    history.flush()
    made = rows(history.environment, "run_events")
    with runs.recorded(history.environment, "build"):
        pass
    assert {*made[0]} == {*rows(history.environment, "run_events")[-1]}


def test_of_a_person_a_key_alone_goes_into_a_ticket(environment: Environment) -> None:
    row = "employee_key 0a1b, company Harbour, designation Head, reference_year 2026"
    assert failing.apart(row) == "employee_key 0a1b"
    assert failing.apart("region DE, rule late_punch") == "region DE, rule late_punch"

    with pytest.raises(ValueError), runs.recorded(environment, "build"):  # noqa: PT011
        raise ValueError("could not convert 'Ada Lovelace' to a date")
    assert "Ada" not in str(rows(environment, "run_events"))


def test_what_a_build_did_meanwhile_is_the_builds_alone(
    environment: Environment,
) -> None:
    with runs.recorded(environment, "ingest"):
        environment.artifacts.mkdir(parents=True)
        result = {"unique_id": "model.muster.fct_a", "status": "success"}
        results = {"results": [result | {"execution_time": 1.5}]}
        (environment.artifacts / RESULTS).write_text(json.dumps(results))

    assert rows(environment, "node_results") == []


def test_the_name_of_our_own_runs_is_no_name_of_a_source() -> None:
    """Its loads would lie among them, and nobody would miss one that is lost."""
    assert RUNS.removeprefix("raw_") in BUILT_IN
