"""Fifteen kinds of trouble at once: each is one incident until it is over."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from log_kit import write_load
from monitoring_kit import Deaf, History
from rich.console import Console
from trial_kit import at_night

from environment.errors import MusterError
from ingestion import index
from ingestion.ledger_tables import DATASET
from ingestion.log import marker_key
from operations.monitoring import incidents, runs, seen
from operations.monitoring.sinks import CLOSED, OPENED

MONDAY = datetime(2026, 3, 2, 6)

TODAY = MONDAY + timedelta(weeks=12)

QUIET = Console(quiet=True)

TROUBLE = {
    ("every_source_comes_when_it_is_due", "payroll"): "critical",
    ("no_file_is_in_quarantine", "attendance.punches"): "major",
    ("every_delivery_is_of_its_usual_size", "ats.applications"): "major",
    ("no_model_is_slower_than_it_was", "fct_headcount_monthly"): "minor",
    ("every_test_passes", "headcount_and_movements_agree"): "critical",
    (
        "no_more_is_set_aside_than_before",
        "birth_after_joining of frappe_hr.employees",
    ): "minor",
    ("every_run_ends_well", "ingest"): "critical",
    ("every_run_ends_well", "build"): "critical",
    ("there_is_room_on_the_disk", "disk"): "critical",
    ("no_column_is_left_out", "attendance.punches.device_id"): "major",
    ("the_log_verifies", "fx"): "critical",
    ("the_log_verifies", "ats"): "critical",
    ("every_sink_is_reached", "mail"): "major",
    ("every_sink_is_reached", "github"): "major",
    ("clocks_go_forward", "clock"): "major",
}


def build(history: History, at: datetime, *, is_slow: bool = False) -> str:
    """A build, with what it did."""
    run_id = history.run("build", at)
    model, test = "model.muster.fct_headcount_monthly", "headcount_and_movements_agree"
    history.node(run_id, model, "success", seconds=40.0 if is_slow else 4.0)
    if is_slow:
        found = {"failures": 2, "keys": "region DE; region FR"}
        history.node(run_id, f"test.muster.{test}", "fail", **found)
    else:
        history.node(run_id, f"test.muster.{test}", "pass", failures=0)
    history.set_aside(run_id, 4 if is_slow else 3)
    return run_id


def quiet_days(history: History) -> None:
    """Twelve weeks in which nothing happened."""
    for day in range(12 * 7):
        at = MONDAY + timedelta(days=day)
        history.load("attendance", "punches", at, 1_000 + day % 5)
        history.load("payroll", "gone_rows", at, 10)
        if day % 7 == 0:
            history.load("ats", "applications", at, 200 + day % 3)
            history.load("fx", "reference_rates", at, 30)
        if day >= 12 * 7 - 8:
            history.run("ingest", at)
            build(history, at)
    history.change("attendance", "kind", "added", MONDAY)
    write_load(history.log, "raw_fx", {"reference_rates": [{"rate": "1"}]})
    write_load(history.log, "raw_ats", {"applications": [{"application_id": 1}]})
    for dataset, load_id, rows, sha256, marked in index.unrecorded(history.log, set()):
        row = {"dataset": dataset, "load_id": load_id, "rows": rows, "sha256": sha256}
        row |= {"marker": marked, "run_id": "ingest", "recorded_at": MONDAY}
        if dataset != DATASET:
            history._note("completed_loads", row, DATASET)
    history.flush()


def trouble(history: History) -> None:
    """A day on which all goes wrong, but for what is told of it."""
    history.load("attendance", "punches", TODAY, 1_001)
    history.load("attendance", "punches", TODAY + timedelta(hours=36), 1_001)
    history.load("ats", "applications", TODAY, 410)
    history.load("fx", "reference_rates", TODAY, 30)
    history.file("attendance", "punches_2026-05-25.jsonl.gz", "quarantined", TODAY)
    history.change("attendance", "device_id", "absent", TODAY)
    build(history, TODAY, is_slow=True)
    history.run("build", TODAY + timedelta(hours=1), runs.KILLED)
    history.run("release", TODAY + timedelta(hours=2), runs.FAILED, cause=runs.DISK)
    # The clock is put back, and the run that it is put back in is killed.
    history.run("ingest", TODAY - timedelta(hours=3), runs.KILLED)
    history.flush()
    lost, damaged = marker(history, "fx"), marker(history, "ats")
    lost.rename(lost.with_suffix(".taken"))
    damaged.with_suffix(".whole").write_bytes(damaged.read_bytes())
    damaged.write_text("{")


def recovery(history: History) -> None:
    """The day after, on which all is right again."""
    at = TODAY + timedelta(days=8)
    history.load("attendance", "punches", at, 1_000)
    history.load("payroll", "gone_rows", at, 10)
    history.load("ats", "applications", at, 200)
    history.load("fx", "reference_rates", at, 30)
    history.file("attendance", "punches_2026-05-25.jsonl.gz", "loaded", at)
    build(history, at)
    history.run("ingest", at)
    history.run("release", at)
    history.flush()
    for kept in ("raw_fx/_dlt_loads/*.taken", "raw_ats/_dlt_loads/*.whole"):
        (path,) = history.log.folder.glob(kept)
        path.rename(path.with_suffix(".jsonl"))


def marker(history: History, source: str) -> Path:
    """The marker of a source's one load."""
    (load,) = history.log.loads(f"raw_{source}")
    return history.log.folder / marker_key(f"raw_{source}", load.load_id)


@at_night
def test_each_trouble_is_one_ticket_until_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_CLOCK", raising=False)
    history = History(tmp_path)
    told = {"github": Deaf(), "mail": Deaf()}

    def looked(at: datetime) -> dict[tuple[str, str], str]:
        found = incidents.incidents(history.environment, QUIET, at.astimezone(), told)
        return {(each.check_name, each.subject): each.severity for each in found}

    quiet_days(history)
    trouble(history)
    for sink in told.values():
        sink.is_deaf = True
    late = TODAY + timedelta(days=2)
    with pytest.raises(MusterError, match="Not everybody was told: github: nobody"):
        looked(late)
    for sink in told.values():
        sink.is_deaf = False

    assert looked(late) == TROUBLE
    opened = {name: list(sink.told) for name, sink in told.items()}
    for tellings in opened.values():
        assert [each.event for each, _ in tellings] == [OPENED] * len(TROUBLE)
        assert len({each.incident for each, _ in tellings}) == len(TROUBLE)
    texts = {each.title.partition(": ")[2]: each.text for each, _ in opened["mail"]}
    failing = texts["every_test_passes: headcount_and_movements_agree"]
    assert "2 rows: region DE; region FR" in failing
    assert "BR-01" in failing or "BR-02" in failing
    assert "for Payroll" in texts["every_source_comes_when_it_is_due: payroll"]

    recovery(history)
    right = TODAY + timedelta(days=8)
    assert looked(right) == TROUBLE, "one look that finds all right may be chance"
    assert looked(right) == {}
    for name, sink in told.items():
        closed = sink.told[len(opened[name]) :]
        assert [each.event for each, _ in closed] == [CLOSED] * len(TROUBLE)
        tickets = {
            each.incident: f"T-{n}" for n, (each, _) in enumerate(opened[name], 1)
        }
        assert {each.incident: ticket for each, ticket in closed} == tickets
    assert seen.database(history.environment).stat().st_mode & 0o777 == 0o600
