"""`muster summary`, `query` and `docs`: what they show and what they refuse."""

import io
import json
import os
import pwd
import socket
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from log_kit import write_load
from rich.console import Console
from set_aside_kit import count
from typer.testing import CliRunner

import environment
from environment.errors import MusterError
from ingestion import log
from ingestion.ledger_tables import TABLES
from operations.cli import app
from operations.read import access, docs, status
from operations.read.query import query
from operations.read.summary import folded, summarise

REPOSITORY = Path(__file__).resolve().parents[4]

NOW = datetime(2026, 7, 1)

COUNTS = [
    ("r1", "ats", "applications", 9, 5000, 5000, 0, 0, 0, 1.0, datetime(2026, 6, 30)),
    ("r2", "ats", "applications", 2, 120, 110, 7, 0, 3, 1.5, NOW),
    ("r2", "attendance", "punches", 3, 1000, 960, 0, 40, 0, 2.5, NOW),
]

REJECTED = [
    {
        "source": "ats",
        "resource": "applications",
        "file": "landing/ats/applications_2026-06-29.csv",
        "file_sha256": "ab",
        "line": line,
        "column_name": "applied_on",
        "reason": "[day] is no date",
        "row_text": '"Private Name";x',
        "run_id": "r2",
        "recorded_at": NOW,
    }
    for line in range(4, 11)
]

LANDED = [
    {
        "source": "attendance",
        "resource": "punches",
        "inbox_path": f"inbox/punches_2026-06-{day}.jsonl.gz",
        "reason": reason,
        "status": status,
        "run_id": "r2",
    }
    for day, reason, status in (
        (29, "the file is cut", "quarantined"),
        (28, None, "loaded"),
    )
]

MARTS = """
create schema core;
create schema people;
create table core.dim_employee as
    select
        case when number < 30 then 'Sales' else 'Kitchens' end as department,
        number < 50 as is_active
    from range(60) as numbers(number);
create table people.rpt_headcount_monthly as select date '2026-06-01' as month_start_on;
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two runs of ingestion and marts of sixty people."""
    names = [column.name for column in TABLES["load_counts"]]
    counts = [dict(zip(names, (*each, each[-1], 0, 0), strict=True)) for each in COUNTS]
    raw = log.of(tmp_path / "dev")
    write_load(raw, "raw_ops", {"load_counts": counts[:1]})
    write_load(
        raw,
        "raw_ops",
        {"load_counts": counts[1:], "rejected_rows": REJECTED, "landed_files": LANDED},
    )
    write_load(raw, "raw_ats", {"applications": [{"application_id": "a1"}]})
    with duckdb.connect(str(tmp_path / "dev" / "muster.duckdb")) as marts:
        marts.execute(MARTS)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=100)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def line(text: str, start: str) -> list[str]:
    """The words of the only line that begins so."""
    (found,) = [part for part in text.splitlines() if part.startswith(start)]
    return found.split()


def test_the_summary_counts_the_last_run_and_all_runs(
    home: Path, console: Console
) -> None:
    summarise("dev", console)
    told = written(console)
    assert line(told, "ats ") == ["ats", "2", "120", "110", "7", "0", "3", "2"]
    assert line(told, "attendance ")[1:6] == ["3", "1,000", "960", "0", "40"]
    assert line(told, "all runs")[2:7] == ["14", "6,120", "6,070", "7", "40"]


def test_the_summary_says_what_was_rejected_and_why(
    home: Path, console: Console
) -> None:
    summarise("dev", console)
    told = " ".join(written(console).split())
    assert "7 rows ats applications_2026-06-29.csv [day] is no date" in told
    assert "1 file attendance punches_2026-06-29.jsonl.gz the file is cut" in told
    assert "Private Name" not in told


def test_the_summary_says_what_was_not_taken_as_it_is(
    home: Path, console: Console
) -> None:
    summarise("dev", console)
    assert "Not taken" not in written(console)
    with duckdb.connect(str(home / "dev" / "muster.duckdb")) as marts:
        count(marts, 7, is_past_bound=True)
    summarise("dev", console)
    told = " ".join(written(console).split())
    assert "7 set aside payroll payslip_of_nobody Enter the number." in told
    assert "2 flagged attendance clock_ahead Set the clock." in told
    assert (
        'each record: muster query --restricted "from restricted.quality.rpt_set_aside"'
    ) in told


def test_the_summary_shows_headcount_now_and_what_to_try(
    home: Path, console: Console
) -> None:
    summarise("dev", console)
    told = written(console)
    assert "50 employees now" in told
    assert line(told, "Sales")[1] == "30"
    assert line(told, "Kitchens")[1] == "20"
    assert "effective_from <= date '2026-06-15'" in told
    assert "dev/docs/index.html" in told
    assert "make advance" not in told


def test_only_the_demo_company_is_said_to_live_on(home: Path, console: Console) -> None:
    (home / "demo").mkdir(exist_ok=True)
    (home / "demo" / "state.json").touch()
    summarise("dev", console)
    assert "make advance all" in written(console)


def test_a_long_tail_of_departments_is_one_row() -> None:
    departments = [(f"Department {number}", 100 - number) for number in range(20)]
    shown = folded(departments)
    assert len(shown) == 12
    assert shown[-1] == ("9 others", sum(100 - number for number in range(11, 20)))
    assert sum(number for _, number in shown) == sum(n for _, n in departments)


def test_a_query_shows_rows_and_changes_nothing(home: Path, console: Console) -> None:
    query(
        "dev",
        "select count(*) as people, null as nothing from core.dim_employee",
        console,
    )
    assert "people" in written(console)
    assert "60" in written(console)
    for forbidden in (
        "delete from core.dim_employee",
        f"from read_csv('{__file__}')",
        "attach 'other.duckdb'",
        "from nowhere",
    ):
        with pytest.raises(MusterError):
            query("dev", forbidden, console)


def test_what_was_loaded_is_shown_before_anything_is_built(
    home: Path, console: Console
) -> None:
    for path in (home / "dev").glob("*.duckdb"):
        path.unlink()
    loaded = "select application_id from raw.raw_ats.applications"
    with pytest.raises(MusterError, match="Nothing is built yet"):
        query("dev", loaded, console)
    query("dev", loaded, console, with_log=True)
    assert "a1" in written(console)
    with pytest.raises(MusterError):
        query("dev", f"from read_csv('{__file__}')", console, with_log=True)


def test_the_log_is_shown_where_it_is_asked_for_and_cannot_be_written(
    home: Path, console: Console
) -> None:
    rejected = "select file, line, row_text from raw.raw_ops.rejected_rows"
    with pytest.raises(MusterError):
        query("dev", rejected, console)
    query("dev", rejected, console, with_log=True)
    query(
        "dev",
        "from raw.raw_ats.applications, core.dim_employee",
        console,
        with_log=True,
    )
    assert "Private Name" in written(console)
    assert "a1" in written(console)
    query(
        "dev",
        "select count(*) as punches from raw.raw_attendance.punches",
        console,
        with_log=True,
    )
    before = {path: path.read_bytes() for path in files_of(home)}
    assert len(before) > 5
    file = next(path for path in before if path.suffix == ".parquet")
    for forbidden in (
        "delete from raw.raw_ops.rejected_rows",
        "drop view raw.raw_ops.rejected_rows",
        f"copy (select 1) to '{file}'",
        f"explain analyze copy (select 1) to '{file}'",
        f"select 1; copy (select 1) to '{file}'",
        f"export database '{file.parent}'",
        f"attach '{file.parent}/other.duckdb'",
        f"from read_csv('{__file__}')",
        "delete from core.dim_employee",
        "select from where",
    ):
        with pytest.raises(MusterError):
            query("dev", forbidden, console, with_log=True)
    assert {path: path.read_bytes() for path in files_of(home)} == before


def files_of(home: Path) -> list[Path]:
    """The files of a home, but for that in which it is noted who read."""
    found = (path for path in home.rglob("*") if path.is_file())
    return [path for path in found if path.name != access.FILE]


@pytest.mark.parametrize("sql", ["", ";", "-- nothing"])
def test_a_query_without_a_statement_is_wrong_usage(
    home: Path, console: Console, sql: str
) -> None:
    with pytest.raises(MusterError, match="no statement") as caught:
        query("dev", sql, console)
    assert caught.value.exit_code == 2


def test_the_name_of_a_column_is_no_markup(home: Path, console: Console) -> None:
    query("dev", 'select 1 as "[/red]"', console)
    assert "[/red]" in written(console)


def test_without_a_demo_company_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["ingest", "--demo"])
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    assert line.endswith("Create one: muster demo create")


def test_the_demos_clock_says_what_is_late_of_what_came_before_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = environment.find("dev")
    state = home / "demo" / "state.json"
    state.parent.mkdir(exist_ok=True)
    state.write_text('{"clock": "2026-07-02T00:00:00+00:00"}')
    rows = {"applications": [{"application_id": "a1"}]}
    write_load(log.of(dev.folder), "raw_ats", rows, "2026-07-01T23:00:00Z")
    monkeypatch.setenv("MUSTER_CLOCK", "2026-11-01T00:00:00Z")
    demos = datetime(2026, 7, 2, tzinfo=UTC)
    assert status.clock_of(dev, is_demo=False) == demos
    write_load(log.of(dev.folder), "raw_ats", rows, "2026-10-31T23:00:00Z")
    assert status.clock_of(dev, is_demo=False) == datetime(2026, 11, 1, tzinfo=UTC)
    assert status.clock_of(dev, is_demo=True) == demos


def test_who_reads_what_few_may_is_noted_and_never_what(
    home: Path, console: Console
) -> None:
    dev = home / "dev"
    with duckdb.connect(str(dev / "restricted.duckdb")) as restricted:
        restricted.execute("create or replace table pay as select 1815 as amount")
    query("dev", "select 1", console)
    assert not (dev / access.FILE).exists()
    query("dev", "from restricted.main.pay", console, with_restricted=True)
    assert (dev / access.FILE).stat().st_mode & 0o777 == 0o600
    (line,) = map(json.loads, (dev / access.FILE).read_text().splitlines())
    assert line.pop("read_at").endswith("Z")
    assert line.pop("user") == pwd.getpwuid(os.getuid()).pw_name
    assert line == {
        "uid": os.getuid(),
        "command": "query",
        "databases": ["restricted"],
    }
    (dev / access.FILE).unlink()
    (dev / access.FILE).mkdir()
    with pytest.raises(MusterError, match="so nothing was read"):
        query("dev", "from restricted.main.pay", console, with_restricted=True)


def test_no_command_reads_what_few_may_without_a_note() -> None:
    readers = {
        path.name
        for path in (REPOSITORY / "operations").rglob("*.py")
        if "read.restricted" in path.read_text()
    }
    noted = {
        path.name
        for path in (REPOSITORY / "operations").rglob("*.py")
        if "    note(environment, " in path.read_text()
    }
    assert readers == noted >= {"query.py", "letter.py", "pack.py", "reminder.py"}


def test_where_nothing_was_built_the_release_is_read(
    home: Path, console: Console
) -> None:
    released = home / "dev" / "releases" / "r1"
    released.mkdir(parents=True)
    (home / "dev" / "muster.duckdb").rename(released / "muster.duckdb")
    with duckdb.connect(str(released / "published.duckdb")) as published:
        published.execute("create table headcount as select 4711 as people")
    with pytest.raises(MusterError, match="muster release dev"):
        query("dev", "from core.dim_employee", console)
    (home / "dev" / "current").symlink_to(released)

    query("dev", "select count(*) as seen from core.dim_employee", console)
    query("dev", "from published.headcount", console)
    with duckdb.connect(str(released / "restricted.duckdb")) as restricted:
        restricted.execute("create table pay as select 1815 as amount")
    with pytest.raises(MusterError, match="Add --restricted to read it"):
        query("dev", "from restricted.main.pay", console)
    query("dev", "from restricted.main.pay", console, with_restricted=True)
    summarise("dev", console)
    told = written(console)
    assert "60" in told
    assert "4711" in told
    assert "1815" in told
    assert "Sales" in told
    assert "part old, part new" not in told


def test_commands_end_with_one_line_and_a_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    for arguments, code, told in (
        (["build"], 1, "run make ingest"),
        (["summary"], 1, "run make ingest"),
        (["docs"], 1, "run muster build --env dev"),
        (["query", "select 1"], 1, "run muster build --env dev"),
        (["build", "--env", "test"], 2, "choose one of dev, ci, uat, prod"),
    ):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == code
        assert result.stderr.startswith("muster: ")
        assert told in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""


def test_docs_are_served_on_loopback_with_the_report_that_they_lead_to(
    home: Path, console: Console
) -> None:
    dev = environment.find("dev")
    for page, text in (
        (dev.docs, "<p>Every column is described.</p>"),
        (dev.report, "<p>How many work here?</p>"),
    ):
        page.parent.mkdir()
        page.write_text(text)
    threading.Thread(
        target=docs.serve,
        args=("dev", 0, console),
        kwargs={"browser": False},
        daemon=True,
    ).start()
    for _ in range(100):
        if "http" in written(console):
            break
        time.sleep(0.05)
    address = next(word for word in written(console).split() if word.startswith("http"))
    for place, shown in (
        ("", b"Every column is described."),
        ("docs/index.html", b"Every column is described."),
        ("report/index.html", b"How many work here?"),
    ):
        with urllib.request.urlopen(address + place) as answer:  # noqa: S310
            assert shown in answer.read()
    for outside in ("report/../../raw", "report/../build.json", "build.json"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address + outside)  # noqa: S310


def test_a_taken_port_is_one_line(home: Path, console: Console) -> None:
    page = environment.find("dev").docs
    page.parent.mkdir()
    page.touch()
    with socket.socket() as taken:
        taken.bind((docs.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(MusterError) as caught:
            docs.serve("dev", port, console, browser=False)
    assert str(caught.value) == (
        f"Port {port} is taken by another program: choose another one, such as "
        f"make docs PORT={port + 1}."
    )


def test_telemetry_is_off_unless_somebody_turned_it_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dlt.common.configuration.resolve import resolve_configuration
    from dlt.common.configuration.specs import RuntimeConfiguration

    for variable in environment.NO_TELEMETRY:
        # Set first, so that what silence_telemetry sets is undone after the test.
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    environment.silence_telemetry()
    assert {name: os.environ[name] for name in environment.NO_TELEMETRY} == (
        environment.NO_TELEMETRY
    )
    assert not resolve_configuration(RuntimeConfiguration()).dlthub_telemetry

    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "true")
    environment.silence_telemetry()
    assert resolve_configuration(RuntimeConfiguration()).dlthub_telemetry


def test_the_environment_may_be_set_once_for_all(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_ENV", "prod")
    told = CliRunner().invoke(app, ["query", "select 1"]).output
    assert "muster build --env prod" in " ".join(told.split())
    assert CliRunner().invoke(app, ["query", "select 1", "--env", "dev"]).exit_code == 0


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == "muster 0.1.0\n"
