"""The log: what one runner loaded, another has, row for row, also after a kill."""

import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from store_kit import s3_root, s3_settings
from typer.testing import CliRunner

from ingestion import files
from ingestion.errors import IngestionError
from ingestion.progress import Reporter
from ingestion.tally import Tally
from operations import ingest, segments
from operations.commands_restore import restore as restore_command
from operations.environment import Environment
from operations.errors import OperationError
from operations.store import Store, open_store

__all__ = ["s3_root", "s3_settings"]

APPLICATIONS = (
    "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
    "employee_number;status"
)
RATES = "Date,USD,GBP,\n2024-01-03,1.0919,0.8618,\n2024-01-02,1.0956,0.86645,\n"
ALL = ("ats", "fx", "payroll")
COMPLETED = "_dlt_load_id in (select load_id from {}._dlt_loads where status = 0)"


class KilledError(BaseException):
    """Stands for a killed process: nothing in the code catches it."""


class Company:
    """Source systems of our own: files in inboxes and a payroll database.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for source in ("ats", "fx"):
            (folder / source).mkdir(parents=True)
        with sqlite3.connect(folder / "payroll.sqlite") as payroll:
            payroll.executescript(
                "create table pay_runs (id integer primary key, company text,"
                " period_start date, period_end date, paid_on date, currency text,"
                " status text, updated_at timestamp);"
                "create table payslips (id integer primary key, pay_run_id integer,"
                " employee_number text, reversal_of integer, updated_at timestamp);"
                "create table payslip_lines (id integer primary key, payslip_id"
                " integer, line_type text, description text, amount numeric(18, 2),"
                " hours numeric(9, 2), updated_at timestamp);"
                "create table contracted_hours (id integer primary key,"
                " employee_number text, effective_from date,"
                " weekly_hours numeric(5, 2), updated_at timestamp);"
            )
            payroll.execute(
                "insert into payslip_lines"
                " values (0, 1, 'base', '', 0.2, null, '2023-01-01 08:00:00')"
            )
        self.work(1)

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Point the settings at it."""
        for name in os.environ:
            if name.startswith(("SOURCES__", "MUSTER_STORE")):
                patch.delenv(name)
        for source in ("ats", "fx"):
            inbox = str(self.folder / source)
            patch.setenv(f"SOURCES__{source.upper()}__INBOX", inbox)
        patch.setenv("SOURCES__GRACE_SECONDS", "0")
        patch.setenv("MUSTER_CLOCK", "2026-07-01T06:00:00Z")
        payroll = f"sqlite:///{self.folder / 'payroll.sqlite'}"
        patch.setenv("SOURCES__PAYROLL__CREDENTIALS", payroll)
        patch.chdir(self.folder)

    def work(self, day: int) -> None:
        """Let something happen in all systems; of the files, one row does not fit."""
        rows = [f"a{day}{n};r1;Name;n@x.example;0{n}.01.2024;;open" for n in (1, 2, 3)]
        rows.append(f"a{day}4;r1;Name;n@x.example;never;;open")
        header = APPLICATIONS
        if day > 1:
            header, rows = f"{header};channel", [f"{row};web" for row in rows]
        text = "\n".join([header, *rows, ""])
        (self.folder / "ats" / f"applications_{day}.csv").write_text(text)
        (self.folder / "ats" / f"broken_{day}.csv").write_text(f"what;is;this\n{day}\n")
        rates = RATES.replace("\n", f"\n2024-02-{day:02},1.1,0.9,\n", 1)
        (self.folder / "fx" / "eurofxref-hist.csv").write_text(rates)
        with sqlite3.connect(self.folder / "payroll.sqlite") as payroll:
            changed = dt.datetime(2024, 1, 1 + day, 8).isoformat(" ")
            payroll.execute(
                "insert into payslip_lines values (?, 1, 'base', '', 0.1, 7.25, ?)",
                [day, changed],
            )


class Runner:
    """A runner with a folder of its own.

    Args:
        home: Its `MUSTER_HOME`.
    """

    def __init__(self, home: Path) -> None:
        self.environment = Environment("dev", home)
        self.raw = self.environment.raw

    @property
    def store(self) -> Store:
        """The store that it is set to."""
        return open_store(self.environment)

    def ingest(self, *sources: str) -> Tally:
        """Run `muster ingest`, of one source where none is named."""
        return ingest.load(
            sources or ("ats",), self.environment.home, "dev", Reporter()
        )

    def forget(self) -> None:
        """Lose everything but what the folder keeps for the store."""
        for name in ("pipelines", "landing", "quarantine"):
            if not (self.store.is_local and name != "pipelines"):
                shutil.rmtree(self.environment.folder / name, ignore_errors=True)
        self.raw.unlink()

    def query(self, sql: str) -> list[Any]:
        """Rows of a query on its raw."""
        with duckdb.connect(str(self.raw), read_only=True) as raw:
            return raw.execute(sql).fetchall()


def differences(one: Path, other: Path) -> list[str]:
    """Tables of which completed loads' rows are not the same in two raw databases."""
    with duckdb.connect() as both:
        both.execute(f"attach '{one}' as one (read_only)")
        both.execute(f"attach '{other}' as other (read_only)")
        found: dict[str, set[tuple[str, str]]] = {}
        for name in ("one", "other"):
            rows = both.execute(
                "select schema_name, table_name from duckdb_tables()"
                " where database_name = ?",
                [name],
            ).fetchall()
            found[name] = {(str(s), str(t)) for s, t in rows}
        wrong = [f"only in one: {t}" for t in found["one"] ^ found["other"]]
        for schema, table in sorted(found["one"] & found["other"]):
            columns = [
                str(row[0])
                for row in both.execute(f"describe one.{schema}.{table}").fetchall()
            ]
            names = ", ".join(f'"{c}"' for c in columns)
            kept = "where " + COMPLETED if "_dlt_load_id" in columns else ""
            left, right = (
                f"select {names} from {db}.{schema}.{table} "
                + kept.format(f"{db}.{schema}")
                for db in ("one", "other")
            )
            for a, b in ((left, right), (right, left)):
                query = f"select count(*) from ({a} except all {b})"
                if both.execute(query).fetchall() != [(0,)]:
                    wrong.append(f"{schema}.{table}")
    return wrong


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company on its first day."""
    company = Company(tmp_path / "company")
    company.connect(monkeypatch)
    return company


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Runner]:
    """A company of two days, and the runner that ingested on both; only to copy."""
    folder = tmp_path_factory.mktemp("past")
    company, runner = Company(folder / "company"), Runner(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        company.connect(patch)
        runner.ingest(*ALL)
        company.work(2)
        runner.ingest(*ALL)
    return company, runner


@pytest.fixture
def runner(
    past: tuple[Company, Runner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Runner:
    """A copy of that runner, whose store is its own folder."""
    past[0].connect(monkeypatch)
    home = past[1].environment.home
    shutil.copytree(home, tmp_path / "home")
    shutil.copy(past[1].raw, tmp_path / "kept.duckdb")
    return Runner(tmp_path / "home")


def interrupt(
    patch: pytest.MonkeyPatch, owner: Any, name: str, call: int, *, after: bool = False
) -> None:
    """End the run at a call of `owner.name`."""
    original = getattr(owner, name)
    calls = count(1)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        number = next(calls)
        if number == call and not after:
            raise KilledError
        result = original(*args, **kwargs)
        if number == call:
            raise KilledError
        return result

    patch.setattr(owner, name, interrupted)


def test_two_empty_folders_share_one_log(
    company: Company, s3_root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_STORE", s3_root)
    one, two = Runner(tmp_path / "one"), Runner(tmp_path / "two")
    first = one.ingest(*ALL)
    assert first.count("ats", "applications").loaded == 3
    kept = [key for key in one.store.keys("") if not key.startswith(("log", "lease"))]
    assert (
        sorted(key.split("/")[0] for key in kept)
        == ["landing"] * 2 + ["quarantine"] * 2
    )
    company.work(2)
    second = two.ingest(*ALL)
    for source, resource in (("ats", "applications"), ("fx", "reference_rates")):
        assert second.count(source, resource).files == 1
    assert second.count("ats", "applications").delivered == 4
    assert second.count("payroll", "payslip_lines").delivered == 2
    assert two.query("select count(*) from raw_ats.applications") == [(6,)]
    again = one.ingest(*ALL)
    assert again.count("ats", "applications").delivered == 0
    assert again.count("payroll", "payslip_lines").loaded == 0
    segments.restore(two.environment, two.store)
    assert differences(one.raw, two.raw) == []
    assert one.query("select count(*) from raw_payroll.payslip_lines") == [(3,)]


def test_what_was_lost_is_restored_row_for_row(
    runner: Runner, s3_root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(runner.environment.folder / "log")
    monkeypatch.setenv("MUSTER_STORE", s3_root)
    store = runner.store
    written = segments.export(runner.environment, store)
    assert written.files == 8
    before = {key: store.read_bytes(key) for key in store.keys("log")}
    assert segments.export(runner.environment, store) == segments.Moved()
    runner.forget()
    moved = segments.restore(runner.environment, store)
    assert (moved.loads, moved.rows) == (written.loads, written.rows)
    assert differences(tmp_path / "kept.duckdb", runner.raw) == []
    assert oct(runner.raw.stat().st_mode)[-3:] == "600"
    assert list(runner.environment.folder.glob("*restor*")) == []
    assert segments.restore(runner.environment, store) == segments.Moved()
    again = runner.ingest(*ALL)
    counts = again.counts.values()
    assert {count.loaded for count in counts} == {0}
    assert again.count("payroll", "payslip_lines").delivered == 1
    assert differences(tmp_path / "kept.duckdb", runner.raw) == ["raw_ops.load_counts"]
    assert {key: store.read_bytes(key) for key in before} == before


@pytest.mark.parametrize(
    ("name", "call", "after"),
    [
        ("upload", 2, True),
        ("write_json", 1, False),
        ("write_json", 1, True),
        ("write_json", 5, False),
        ("upload", 14, False),
    ],
)
def test_a_killed_export_is_finished_by_the_next(
    runner: Runner, tmp_path: Path, name: str, call: int, *, after: bool
) -> None:
    before = runner.store.keys("log")
    shutil.rmtree(runner.environment.folder / "log")
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, Store, name, call, after=after)
        with pytest.raises(KilledError):
            segments.export(runner.environment, runner.store)
    left = list_of_manifests(runner.store)
    moved = segments.export(runner.environment, runner.store)
    assert len(left) + moved.loads == len(list_of_manifests(runner.store))
    assert runner.store.keys("log") == before
    runner.forget()
    segments.restore(runner.environment, runner.store)
    assert differences(tmp_path / "kept.duckdb", runner.raw) == []


@pytest.mark.parametrize(("name", "call"), [("_complete", 2), ("_insert", 11)])
def test_a_killed_restore_goes_on(
    runner: Runner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    call: int,
) -> None:
    monkeypatch.setattr(segments, "BATCH", 1)
    runner.forget()
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, segments, name, call, after=True)
        with pytest.raises(KilledError):
            segments.restore(runner.environment, runner.store)
    assert not runner.raw.exists()
    moved = segments.restore(runner.environment, runner.store)
    assert 0 < moved.loads < len(list_of_manifests(runner.store))
    assert differences(tmp_path / "kept.duckdb", runner.raw) == []


def list_of_manifests(store: Store) -> list[str]:
    return [key for key in store.keys("log") if "/_loads/" in key]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("pattern", "damage", "message"),
    [
        ("raw_ats/applications/*", flip, r"applications/.*\.parquet is damaged: its"),
        ("raw_ats/applications/*", Path.unlink, r"\.parquet is missing, and its"),
        (
            "raw_ats/_loads/*",
            lambda p: p.write_text("{"),
            r"_loads/.*\.json is damaged",
        ),
        ("raw_ats/_loads/*", lambda p: p.write_text("{}"), "is not the manifest of"),
    ],
)
def test_a_damaged_log_is_told(
    runner: Runner, pattern: str, damage: Callable[[Path], Any], message: str
) -> None:
    path = next((runner.environment.folder / "log").glob(pattern))
    damage(path)
    runner.forget()
    with pytest.raises(OperationError, match=message) as raised:
        runner.ingest()
    assert "\n" not in str(raised.value)
    assert not runner.raw.exists()


def test_a_file_that_one_runner_could_not_load_is_loaded_by_another(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    one, two = Runner(tmp_path / "one"), Runner(tmp_path / "two")

    def fail(*_: Any) -> None:
        message = "ats: no room"
        raise IngestionError(message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_stage", fail)
        assert one.ingest().failed["ats"] == "ats: no room"
    for delivered in (company.folder / "ats").iterdir():
        delivered.unlink()
    assert two.ingest().count("ats", "applications").loaded == 3


def test_a_lost_lease_stops_the_export(runner: Runner) -> None:
    def lost() -> None:
        message = "The lease was lost"
        raise OperationError(message)

    shutil.rmtree(runner.environment.folder / "log")
    with pytest.raises(OperationError, match="lease was lost"):
        segments.export(runner.environment, runner.store, check=lost)
    assert list_of_manifests(runner.store) == []


def test_an_older_run_takes_its_place_in_the_ledger(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose export was killed is in the log later than the run after it."""
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    one, two = Runner(tmp_path / "one"), Runner(tmp_path / "two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "export", lambda *_: None)
        one.ingest()
    company.work(2)
    two.ingest()
    segments.restore(one.environment, one.store)
    segments.export(one.environment, one.store)
    segments.restore(two.environment, two.store)
    ledger = "select run_id from raw_ops.landed_files order by rowid"
    runs = two.query(ledger)
    assert runs == sorted(runs)
    assert len(set(runs)) == 2
    assert differences(one.raw, two.raw) == []


def test_the_command(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    app = typer.Typer()
    app.command()(restore_command)
    monkeypatch.setenv("MUSTER_HOME", str(runner.environment.home))
    assert "lacks nothing" in CliRunner().invoke(app, ["dev"]).output
    runner.forget()
    done = CliRunner().invoke(app, ["dev"])
    assert done.exit_code == 0, done.output
    assert "Restored 8 loads and runs" in done.output
    nothing = CliRunner().invoke(app, ["uat"])
    assert nothing.exit_code == 0, nothing.output
    assert "holds no loads yet" in nothing.output
    assert CliRunner().invoke(app, ["nowhere"]).exit_code == 2
