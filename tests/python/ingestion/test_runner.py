"""The runner: sources apart, one run at a time, clear lines for the person."""

import os
import stat
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest
from landing_kit import KilledError, Warehouse, before, interrupt, punches
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from environment.errors import ConfigurationError, MusterError, NotConfiguredError
from ingestion import log, runner
from ingestion.context import RunContext, Source
from ingestion.pipelines import open_pipeline
from ingestion.summary import show
from ingestion.tally import Count, Fault, Tally
from operations.commands import ingest as command


def source_of(run: Any) -> Source:
    return cast(Source, SimpleNamespace(SOURCE="fx", run=run))


def ingest_with(warehouse: Warehouse, run: Any, *names: str) -> Tally:
    return runner.ingest(names, warehouse.home, "dev", loader=lambda _: source_of(run))


def test_a_source_that_fails_does_not_stop_the_others(warehouse: Warehouse) -> None:
    def run(context: RunContext) -> None:
        if context.source == "payroll":
            raise RuntimeError("secret-value")
        if context.source == "attendance":
            message = "attendance: the inbox is gone"
            raise MusterError(message)
        if context.source == "ats":
            context.require("inbox_of_mine")
        context.add("things", Count(delivered=1, loaded=1))

    tally = ingest_with(warehouse, run)
    assert tally.exit_code == 1
    assert set(tally.failed) == {"payroll", "attendance"}
    assert tally.failed["attendance"] == "attendance: the inbox is gone"
    assert "unexpected RuntimeError in test_runner.py" in tally.failed["payroll"]
    assert "secret-value" not in tally.failed["payroll"]
    assert "SOURCES__ATS__INBOX_OF_MINE" in tally.skipped["ats"]
    assert [key[0] for key in tally.counts] == ["frappe_hr", "fx"]
    rows = warehouse.query("select source, delivered, loaded from raw_ops.load_counts")
    assert rows == [("frappe_hr", 1, 1), ("fx", 1, 1)]


def test_settings_that_lack_stop_a_source_that_was_named(warehouse: Warehouse) -> None:
    def run(context: RunContext) -> None:
        context.require("url", "https://example.com/rates.csv")

    with pytest.raises(NotConfiguredError, match=r"set sources\.fx\.url in") as raised:
        ingest_with(warehouse, run, "fx")
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("sources", "env", "clock", "message"),
    [
        (["nothing"], "dev", "", "unknown source nothing"),
        (["fx"], "test", "", "unknown environment test"),
        (["fx"], "dev", "noon", "MUSTER_CLOCK is not an ISO instant"),
    ],
)
def test_wrong_usage_is_told(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    sources: list[str],
    env: str,
    clock: str,
    message: str,
) -> None:
    monkeypatch.setenv("MUSTER_CLOCK", clock)
    with pytest.raises(ConfigurationError, match=message):
        runner.ingest(sources, warehouse.home, env)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["ats", "--reread"], "ats cannot be read anew"),
        (["payroll", "--since", "2026-01-01"], "--since goes with --reread"),
        (["payroll", "--reread", "--follow"], "--follow with none"),
        (["payroll", "--reread", "--since", "2026-01-01 08:00"], "credentials"),
    ],
)
def test_systems_alone_can_be_read_anew(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("MUSTER_HOME", str(warehouse.home))
    app = Typer()
    app.command()(command)
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 2
    assert said in result.output


def test_a_reading_anew_is_told_to_the_systems(warehouse: Warehouse) -> None:
    since = datetime(2026, 1, 1, 8)
    told: list[tuple[str, bool, datetime | None]] = []

    def run(context: RunContext) -> None:
        told.append((context.source, context.is_reread, context.since))

    runner.ingest(
        (),
        warehouse.home,
        loader=lambda _: source_of(run),
        is_reread=True,
        since=since,
    )
    assert told == [("frappe_hr", True, since), ("payroll", True, since)]


def test_one_run_at_a_time(warehouse: Warehouse) -> None:
    def run(_: RunContext) -> None:
        with pytest.raises(MusterError) as raised:
            warehouse.ingest("fx")
        assert f"(process {os.getpid()})" in str(raised.value)
        assert "wait until it is done" in str(raised.value)
        held.append(True)

    held: list[bool] = []
    ingest_with(warehouse, run, "fx")
    assert held
    ingest_with(warehouse, lambda _: None, "fx")


def test_a_reader_and_a_run_do_not_wait_for_each_other(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    warehouse.ingest("attendance")
    code = (
        "import sys; from pathlib import Path; from ingestion import log;"
        " reader = log.of(Path(sys.argv[1])).connect()\n"
        "for _ in sys.stdin:\n"
        " print(*reader.execute('select count(*), count(device_time)"
        " from raw_attendance.punches').fetchone(), flush=True)"
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, str(warehouse.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as reader:
        assert reader.stdin
        assert reader.stdout

        def count() -> str:
            assert reader.stdin
            assert reader.stdout
            print(file=reader.stdin, flush=True)
            return reader.stdout.readline()

        assert count() == "1 1\n"
        warehouse.drop("attendance", "punches_2.jsonl", punches([2]))
        assert warehouse.ingest("attendance").total().loaded == 1
        assert count() == "1 1\n"
        reader.communicate()
    assert len(warehouse.loaded("raw_attendance.punches")) == 2


def test_a_damaged_marker_is_told(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    warehouse.ingest("attendance")
    (marker,) = (warehouse.log.folder / "raw_attendance/_dlt_loads").iterdir()
    marker.write_bytes(marker.read_bytes()[:-9])
    with pytest.raises(MusterError) as raised:
        warehouse.ingest("attendance")
    assert str(raised.value).startswith(f"{marker} is damaged")
    assert "\n" not in str(raised.value)


def test_runs_of_one_second_are_in_their_order() -> None:
    ids = []
    for _ in range(50):
        ids.append(runner.new_run_id())
        time.sleep(0.001)
    assert ids == sorted(ids)


def test_what_a_dead_run_left_of_what_became_of_files_is_swept(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    with monkeypatch.context() as patch:
        interrupt(patch, log, "write_marker", before)
        with pytest.raises(KilledError):
            warehouse.ingest("attendance")
    (left,) = warehouse.unmarked()
    assert left.is_relative_to(warehouse.log.folder / "raw_ops")
    warehouse.ingest("attendance")
    assert not left.exists()


def test_a_folder_that_cannot_be_written_is_told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(MusterError, match=r"cannot write .*set MUSTER_HOME"):
        warehouse.ingest("fx")


@pytest.mark.parametrize("cause", ["Permission denied", "No space left on device"])
def test_a_log_that_cannot_be_written_is_told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(0, cause)

    monkeypatch.setattr(log, "write_marker", refuse)
    with pytest.raises(MusterError, match=f"(cannot|room to) write .*{cause.lower()}"):
        ingest_with(
            warehouse, lambda context: context.add("t", Count(delivered=1)), "fx"
        )


def test_data_is_for_its_owner_only(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    warehouse.folder.chmod(0o755)
    warehouse.ingest("attendance")
    rows = pa.table({"name": ["a"]})

    def run(context: RunContext) -> None:
        open_pipeline(context).run(rows, table_name="t", loader_file_format="parquet")

    ingest_with(warehouse, run, "payroll")

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(warehouse.folder) == 0o711
    (landed,) = (warehouse.folder / "landing/attendance/punches").rglob("*.jsonl")
    assert mode(landed) == 0o600
    for path in (warehouse.log.folder, *warehouse.log.folder.rglob("*")):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    found = {
        each.relative_to(warehouse.log.folder).parts[:2]
        for each in warehouse.log.folder.rglob("*.parquet")
    }
    assert {("raw_attendance", "punches"), ("raw_payroll", "t")} <= found


def test_rows_known_from_completed_loads_are_dropped(warehouse: Warehouse) -> None:
    rows = pa.table(
        {
            "id": [1, 1, 2],
            "pay_run_id": [7, 7, 8],
            "employee_number": ["p", "q", "r"],
        }
    )

    def run(context: RunContext) -> None:
        fresh = context.drop_known("payslips", rows, "id", "pay_run_id")
        taken.append(fresh["employee_number"].to_pylist())
        if len(fresh):
            open_pipeline(context).run(
                fresh, table_name="payslips", loader_file_format="parquet"
            )

    taken: list[list[str]] = []
    tally = ingest_with(warehouse, run, "payroll")
    assert tally.count("payroll", "payslips").already_known == 1
    tally = ingest_with(warehouse, run, "payroll")
    assert tally.count("payroll", "payslips").already_known == 3
    assert taken == [["p", "r"], []]


def test_rejected_rows_of_a_page_are_written_once(warehouse: Warehouse) -> None:
    rejected = pa.table(
        {
            "row": [7],
            "column_name": ["on"],
            "reason": ["on is not a date"],
            "row_text": ['{"on": "x"}'],
        }
    )

    def run(context: RunContext) -> None:
        context.write_rejected("t", rejected)

    for _ in range(2):
        tally = ingest_with(warehouse, run, "fx")
        assert tally.count("fx", "t").is_balanced
        assert tally.faults == [Fault("fx", "t", "", 7, "on", "on is not a date")]
    rows = warehouse.query("select line, reason, row_text from raw_ops.rejected_rows")
    assert rows == [(7, "on is not a date", '{"on": "x"}')]


def test_the_summary_tells_faults_and_no_values(tmp_path: Path) -> None:
    tally = Tally()
    tally.add("ats", "applications", Count(2, 31, loaded=1, rejected=30))
    tally.add_faults(
        Fault(
            "ats", "applications", "a.csv", n, "applied_on", "applied_on is not a date"
        )
        for n in range(30)
    )
    tally.add_faults([Fault("ats", "applications", "b.csv", None, None, "is empty")])
    console = Console(record=True, width=120, file=(tmp_path / "out").open("w"))
    show(tally, console, tmp_path)
    text = console.export_text()
    assert "Rejected 30 row(s), quarantined 1 file(s):" in text
    assert "ats.applications: b.csv: quarantined: is empty" in text
    assert "a.csv, line 18: applied_on is not a date" in text
    assert "a.csv, line 19," not in text
    assert "and 11 more" in text
    assert "raw_ops.rejected_rows" in text


def test_the_command(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Typer()
    app.command()(command)
    monkeypatch.setenv("MUSTER_HOME", str(warehouse.home))
    warehouse.drop("attendance", "punches_1.jsonl", punches([1, 2]) + "bad Ada\n")
    done = CliRunner().invoke(app, ["attendance"])
    assert done.exit_code == 0, done.output
    assert "punches_1.jsonl, line 3: not valid JSON" in done.output
    assert "Ada" not in done.output
    all_of_them = CliRunner().invoke(app, [])
    assert all_of_them.exit_code == 0, all_of_them.output
    assert "skipped: payroll" in all_of_them.output
    wrong = CliRunner().invoke(app, ["nonsense"])
    assert wrong.exit_code == 2
    assert "unknown source nonsense" in wrong.output
    unset = CliRunner().invoke(app, ["fx"])
    assert unset.exit_code == 2
    assert "fx: no inbox" in unset.output
