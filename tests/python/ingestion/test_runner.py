"""The runner: sources apart, one run at a time, clear lines for the person."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pyarrow as pa
import pytest
from landing_kit import Warehouse, punches
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from ingestion import runner
from ingestion.context import RunContext, Source
from ingestion.errors import ConfigurationError, IngestionError, NotConfiguredError
from ingestion.summary import show
from ingestion.tally import Fault, Tally
from operations.ingest import ingest as command


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
            raise IngestionError(message)
        if context.source == "ats":
            context.require("inbox_of_mine")
        context.add("things", delivered=1, loaded=1)

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


def test_one_run_at_a_time(warehouse: Warehouse) -> None:
    def run(_: RunContext) -> None:
        with pytest.raises(IngestionError) as raised:
            warehouse.ingest("fx")
        assert f"(process {os.getpid()})" in str(raised.value)
        assert "wait until it is done" in str(raised.value)
        held.append(True)

    held: list[bool] = []
    ingest_with(warehouse, run, "fx")
    assert held
    ingest_with(warehouse, lambda _: None, "fx")


def test_a_database_that_is_open_elsewhere_is_told(warehouse: Warehouse) -> None:
    ingest_with(warehouse, lambda _: None, "fx")
    path = warehouse.folder / "raw.duckdb"
    code = (
        "import duckdb, sys; open_one = duckdb.connect(sys.argv[1], read_only=True);"
        " print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdout
        reader.stdout.readline()
        with pytest.raises(IngestionError) as raised:
            ingest_with(warehouse, lambda _: None, "fx")
        reader.communicate()
    text = str(raised.value)
    assert "is open in another process" in text
    assert f"process {reader.pid})" in text
    assert "\n" not in text


def test_a_folder_that_cannot_be_written_is_told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(IngestionError, match=r"cannot write .*set MUSTER_HOME"):
        warehouse.ingest("fx")


def test_a_database_that_cannot_be_written_is_told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        message = 'Cannot open file "raw.duckdb": Permission denied'
        raise duckdb.IOException(message)

    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(IngestionError, match=r"cannot write .*raw.duckdb"):
        warehouse.ingest("fx")


def test_data_is_for_its_owner_only(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    warehouse.folder.chmod(0o755)
    warehouse.ingest("attendance")

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(warehouse.folder) == 0o711
    assert mode(warehouse.folder / "raw.duckdb") == 0o600
    (landed,) = (warehouse.folder / "landing/attendance/punches").rglob("*.jsonl")
    assert mode(landed) == 0o600


def test_rows_known_from_completed_loads_are_dropped(warehouse: Warehouse) -> None:
    rows = pa.table(
        {"name": ["a", "a", "b"], "modified": [1, 1, 2], "x": ["p", "q", "r"]}
    )

    def run(context: RunContext) -> None:
        fresh = context.drop_known("t", rows, ("name", "modified"))
        taken.append(fresh["x"].to_pylist())
        if len(fresh):
            context.pipeline().run(fresh, table_name="t", loader_file_format="parquet")

    taken: list[list[str]] = []
    tally = ingest_with(warehouse, run, "fx")
    assert tally.count("fx", "t").already_known == 1
    tally = ingest_with(warehouse, run, "fx")
    assert tally.count("fx", "t").already_known == 3
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
    tally.add("ats", "applications", files=2, delivered=31, loaded=1, rejected=30)
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
