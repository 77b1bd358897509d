"""The log: what one runner loaded, another has, row for row, also after a kill."""

import datetime as dt
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partialmethod
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from store_kit import s3_root, s3_settings
from trial_kit import trials
from typer.testing import CliRunner

from environment import Environment
from environment.errors import MusterError
from environment.progress import Reporter
from ingestion import files, index, landing, signing
from ingestion import log as log_module
from ingestion import runner as runner_module
from ingestion.ledger import Ledger
from ingestion.ledger_tables import DATASET
from ingestion.log import MARKERS, Log, marker_key, parse_marker
from ingestion.log import of as log_of
from ingestion.tally import Tally
from operations import ingest
from operations.cli import app
from operations.ingest import require_ingested
from operations.read import status
from operations.release import release
from store import mirror
from store.store import Store, open_store

__all__ = ["s3_root", "s3_settings"]

APPLICATIONS = (
    "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
    "employee_number;status"
)
RATES = "Date,USD,GBP,\n2024-01-03,1.0919,0.8618,\n2024-01-02,1.0956,0.86645,\n"
ALL = ("ats", "fx", "payroll")
LOG_KEY = "a key of the tests that signs the log, worth nothing"
EVERY = trials(3, nightly=1)
"""By day a run is killed at every third of the moments."""

OPERATIONS = ("upload", "download", "read_bytes", "keys", "folders", "delete")
"""What a run does with a store."""


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
        self.log = log_of(self.environment.folder)

    @property
    def store(self) -> Store:
        """The store that it is set to."""
        return open_store(self.environment)

    def ingest(self, *sources: str) -> Tally:
        """Run `muster ingest`, of one source where none is named."""
        home = self.environment.home
        tally = ingest.load(sources or ("ats",), home, "dev", Reporter())
        assert tally.failed.keys() <= {"ats"}
        return tally

    def pull(self) -> int:
        """Bring what is lacking."""
        return mirror.pull(self.environment, self.store)

    def push(self) -> int:
        """Copy what the store lacks."""
        return mirror.push(self.environment, self.store)

    def query(self, sql: str) -> list[Any]:
        """Rows of a query on its log."""
        with self.log.connect() as raw:
            return raw.execute(sql).fetchall()

    def written(self) -> dict[str, str]:
        """The files of its log and their checksums."""
        kinds = ("*.parquet", "*.jsonl", index.END)
        found = [path for kind in kinds for path in self.log.folder.rglob(kind)]
        return {
            path.relative_to(self.environment.folder).as_posix(): digest(path)
            for path in found
        }


def loads_of(runner: Runner) -> dict[str, str]:
    """The files of its loads: what dlt keeps beside them is made anew."""
    written = runner.written().items()
    return {
        key: text for key, text in written if not set(mirror.DLT) & set(key.split("/"))
    }


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def differences(one: Log, other: Log) -> list[str]:
    """Tables of which the rows are not the same in two logs."""
    with duckdb.connect(config={"threads": 1}) as both:
        one.attach(both, "one")
        other.attach(both, "other")
        columns: dict[tuple[str, ...], list[str]] = {}
        for log, schema, table, column in both.execute(
            "select database_name, schema_name, table_name, column_name"
            " from duckdb_columns() where database_name in ('one', 'other')"
            " and not internal order by all"
        ).fetchall():
            columns.setdefault((log, schema, table), []).append(f'"{column}"')
        found = {table[1:] for table in columns}
        assert len(found) > 20
        wrong = []
        for schema, table in sorted(found):
            names = [columns.get((log, schema, table)) for log in ("one", "other")]
            if names[0] != names[1]:
                wrong.append(f"{schema}.{table}: {names[0]} and {names[1]}")
                continue
            left, right = (
                f"select {', '.join(names[0] or [])} from {log}.{schema}.{table}"
                for log in ("one", "other")
            )
            # As many rows, and each of one in the other: then they are the same.
            query = (
                f"select count(*) = (select count(*) from ({right}))"
                f" and 0 = (select count(*) from ({left} except all {right}))"
                f" from ({left})"
            )
            if both.execute(query).fetchall() != [(True,)]:
                wrong.append(f"{schema}.{table}")
    return wrong


def assert_whole(store: Store, sources: set[str]) -> None:
    """What holds of a store at any moment, and of a folder that is filled from one.

    Args:
        store: The store.
        sources: Keys of the markers that must be there where the ledger is.
    """
    markers = {key for key in store.keys("raw") if f"/{MARKERS}/" in key}
    loads = {key: parse_marker(store.read_bytes(key), key) for key in markers}
    for key, load in loads.items():
        folder = key.rpartition(f"/{MARKERS}/")[0]
        for file in load.files:
            content = store.read_bytes(f"{folder}/{file.path}")
            assert len(content) == file.bytes
            assert sha256(content).hexdigest() == file.sha256
    if any(key.startswith(f"raw/{DATASET}/") for key in markers):
        assert sources <= markers
    known = {load.load_id for load in loads.values()}
    for key in store.keys("raw"):
        if "/_dlt_pipeline_state/" in key:
            assert Path(key).stem.split("__")[-2] in known, "the state is ahead"


def source_markers(runner: Runner) -> set[str]:
    """The keys of the markers of a runner's sources."""
    return {
        key
        for key in runner.written()
        if f"/{MARKERS}/" in key and not key.startswith(f"raw/{DATASET}/")
    }


@contextmanager
def killed_at(number: int, *, after: bool = False) -> Iterator[None]:
    """Kill the run at an operation with the store: nothing follows it."""
    lock, done = threading.Lock(), 0

    def operate(store: Store, original: Any, *given: Any) -> Any:
        nonlocal done
        with lock:
            done += 1
            if done > number or (done == number and not after):
                raise KilledError
            result = original(store, *given)
            if done == number:
                raise KilledError
            return result

    with pytest.MonkeyPatch.context() as patch:
        for name in OPERATIONS:
            patch.setattr(Store, name, partialmethod(operate, getattr(Store, name)))
        yield


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company on its first day."""
    company = Company(tmp_path / "company")
    company.connect(monkeypatch)
    return company


def no_room(*_: Any) -> None:
    """Fail as a source does."""
    message = "ats: no room"
    raise MusterError(message)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Runner]:
    """A company of two days, and the runner that ingested on both; only to copy.

    On a third day it landed files that it could not load.
    """
    folder = tmp_path_factory.mktemp("past")
    company, runner = Company(folder / "company"), Runner(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        company.connect(patch)
        runner.ingest(*ALL)
        company.work(2)
        runner.ingest(*ALL)
        (company.folder / "ats" / "applications_3.csv").write_text(
            f"{APPLICATIONS}\na31;r1;Name;n@x.example;01.03.2024;;open\n"
        )
        patch.setattr(files, "_stage", no_room)
        assert runner.ingest("ats").failed["ats"] == "ats: no room"
    return company, runner


@pytest.fixture
def runner(
    past: tuple[Company, Runner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Runner:
    """A copy of that runner, whose store is a folder elsewhere, and still empty."""
    past[0].connect(monkeypatch)
    shutil.copytree(past[1].environment.home, tmp_path / "home")
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    return Runner(tmp_path / "home")


def test_two_empty_folders_share_one_log(
    company: Company, s3_root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_STORE", s3_root)
    one, two = Runner(tmp_path / "one"), Runner(tmp_path / "two")
    first = one.ingest(*ALL)
    assert first.count("ats", "applications").loaded == 3
    kept = [key for key in one.store.keys("") if not key.startswith(("raw", "lease"))]
    assert (
        sorted(key.split("/")[0] for key in kept)
        == ["landing"] * 2 + ["quarantine"] * 2
    )
    company.work(2)
    second = two.ingest(*ALL)
    for source, resource in (("ats", "applications"), ("fx", "reference_rates")):
        assert second.count(source, resource).files == 1
    assert second.count("ats", "applications").delivered == 4
    assert second.count("payroll", "payslip_lines").loaded == 1
    assert two.query("select count(*) from raw_ats.applications") == [(6,)]
    again = one.ingest(*ALL)
    assert again.count("ats", "applications").delivered == 0
    assert again.count("payroll", "payslip_lines").loaded == 0
    two.pull()
    assert differences(one.log, two.log) == []
    assert one.query("select count(*) from raw_payroll.payslip_lines") == [(3,)]


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_an_empty_runner_fetches_all_and_goes_on(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "memory":
        monkeypatch.setenv("MUSTER_STORE", f"memory://{tmp_path.name}")
    store = runner.store
    pushed = runner.push()
    assert pushed > 10
    before = {key: store.read_bytes(key) for key in store.keys("")}
    assert {key for key in before if key.startswith("raw")} == runner.written().keys()
    assert runner.push() == 0
    assert_whole(store, source_markers(runner))

    empty = Runner(tmp_path / "empty")
    assert empty.pull() == pushed
    assert empty.written() == runner.written()
    assert differences(runner.log, empty.log) == []
    assert empty.pull() == 0
    assert {key: store.read_bytes(key) for key in store.keys("")} == before

    # The file that was landed came along, and others are not needed.
    landed = list((tmp_path / "empty").rglob("landing/**/*.csv"))
    assert len(landed) == 1
    again = empty.ingest(*ALL)
    assert again.count("ats", "applications").loaded == 1
    assert sum(count.loaded for count in again.counts.values()) == 1
    assert again.count("payroll", "payslip_lines").loaded == 0
    assert again.failed == {}
    # What no load of the ledger tells yet is noted anew by each run.
    del before[f"raw/{index.END}"]
    assert {key: store.read_bytes(key) for key in before} == before


def test_a_push_killed_at_any_moment_is_finished_by_the_next(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.push()
    whole = {key: runner.store.read_bytes(key) for key in runner.store.keys("")}
    sources, moment = source_markers(runner), 0
    while True:
        moment += EVERY
        monkeypatch.setenv("MUSTER_STORE", str(tmp_path / f"store_{moment}"))
        try:
            with killed_at(moment, after=moment % 2 == 0):
                runner.push()
            break
        except KilledError:
            assert_whole(runner.store, sources)
            runner.push()
            store = runner.store
            assert {key: store.read_bytes(key) for key in store.keys("")} == whole
    assert moment > len(whole)


def test_what_was_rejected_outlives_a_machine_that_dies_before_its_ledger(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejected = (
        "select file, line, column_name, reason, row_text"
        " from raw_ops.rejected_rows order by all"
    )
    counts = (
        "select source, resource, sum(files), sum(delivered), sum(loaded),"
        " sum(rejected), sum(already_known) from raw_ops.load_counts"
        " where source = 'ats' group by all order by all"
    )
    twin = Runner(tmp_path / "twin")
    twin.ingest()
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    dead = Runner(tmp_path / "dead")
    upload = mirror._upload

    def dies(*given: Any) -> None:
        if any(f"/{DATASET}/" in path for path in given[2]):
            raise KilledError
        upload(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "_upload", dies)
        with pytest.raises(KilledError):
            dead.ingest()
    other = Runner(tmp_path / "other")
    tally = other.ingest()
    assert other.query(rejected) == twin.query(rejected) != []
    assert other.query(counts) == twin.query(counts)
    assert [fault.line for fault in tally.faults if fault.line] == [5]
    assert other.query("select count(*) from raw_ats.applications") == [(3,)]


def test_a_pull_killed_at_any_moment_is_finished_by_the_next(
    runner: Runner, tmp_path: Path
) -> None:
    pushed = runner.push()
    sources, moment = source_markers(runner), 0
    while True:
        moment += EVERY
        empty = Runner(tmp_path / f"home_{moment}")
        (empty.environment.folder / "pipelines").mkdir(parents=True)
        try:
            with killed_at(moment, after=moment % 2 == 0):
                empty.pull()
            break
        except KilledError:
            assert not (empty.environment.folder / "pipelines").exists()
            assert_whole(Store(str(empty.environment.folder)), sources)
            empty.pull()
            assert loads_of(empty) == loads_of(runner)
            landed = empty.environment.folder.rglob("landing/**/*.csv")
            assert len(list(landed)) == 1
    assert moment > pushed


def flipped(content: bytes) -> bytes:
    half = len(content) // 2
    return content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]


def assert_mended(runner: Runner, key: str, empty: Runner, message: str) -> None:
    """An empty runner is told in one line, and goes on where that is mended.

    Args:
        runner: Has written the store.
        key: What is not right in it.
        empty: Fetches from it.
        message: What it is told.
    """
    with pytest.raises(MusterError, match=message) as raised:
        empty.ingest()
    assert runner.store.url(key) in str(raised.value)
    assert "ackup" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert_whole(Store(str(empty.environment.folder)), source_markers(runner))
    runner.store.upload(runner.environment.folder / key, key)
    empty.pull()
    assert empty.written() == runner.written()


@pytest.mark.parametrize("kind", ["folder", "memory"])
@pytest.mark.parametrize(
    ("part", "damage", "message"),
    [
        ("applications", flipped, "is damaged: its checksum is not the one in its"),
        ("applications", lambda text: text[:-7], "is damaged: it has 1,"),
        ("applications", None, "is missing, and its marker names it"),
        (MARKERS, lambda text: text[:-9], "is damaged: it is not the marker of"),
        (MARKERS, lambda text: b"{}", "is damaged: it is not the marker of"),
        (MARKERS, lambda text: b"\xff\xfe", "is damaged: it is not the marker of"),
    ],
)
def test_a_damaged_store_is_told(
    runner: Runner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    damage: Callable[[bytes], bytes] | None,
    message: str,
    kind: str,
) -> None:
    if kind == "memory":
        monkeypatch.setenv("MUSTER_STORE", f"memory://{tmp_path.name}")
    runner.push()
    store = runner.store
    key = store.keys(f"raw/raw_ats/{part}")[0]
    if damage is None:
        store.delete(key)
    else:
        store.write_bytes(key, damage(store.read_bytes(key)))
    assert_mended(runner, key, Runner(tmp_path / "empty"), message)


def test_a_landed_file_that_is_missing_is_told(runner: Runner, tmp_path: Path) -> None:
    runner.push()
    (key,) = (
        path.relative_to(runner.environment.folder).as_posix()
        for path in runner.environment.folder.rglob("landing/ats/**/*.csv")
        if b"a31" in path.read_bytes()
    )
    runner.store.delete(key)
    message = "is missing, and a run that ended early has yet to load it"
    assert_mended(runner, key, Runner(tmp_path / "empty"), message)


def test_what_is_damaged_is_written_again_by_who_has_it(
    runner: Runner, tmp_path: Path
) -> None:
    runner.push()
    store = runner.store
    key = store.keys("raw/raw_ats/applications")[0]
    store.write_bytes(key, flipped(store.read_bytes(key)))
    empty = Runner(tmp_path / "empty")
    with pytest.raises(MusterError) as raised:
        empty.pull()
    (marker,) = (
        key
        for key in store.keys(f"raw/raw_ats/{MARKERS}")
        if f"delete {store.url(key)} and run muster ingest" in str(raised.value)
    )
    store.delete(marker)
    runner.ingest()
    empty.pull()
    assert differences(runner.log, empty.log) == []


def test_a_file_that_one_runner_could_not_load_is_loaded_by_another(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    one, two = Runner(tmp_path / "one"), Runner(tmp_path / "two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_stage", no_room)
        assert one.ingest().failed["ats"] == "ats: no room"
    for delivered in (company.folder / "ats").iterdir():
        delivered.unlink()
    assert two.ingest().count("ats", "applications").loaded == 3


def test_a_lost_lease_stops_the_push(runner: Runner) -> None:
    def lost() -> None:
        message = "The lease was lost"
        raise MusterError(message)

    with pytest.raises(MusterError, match="lease was lost"):
        mirror.push(runner.environment, runner.store, check=lost)
    assert [key for key in runner.store.keys("raw") if key.endswith(".jsonl")] == []


def test_an_older_run_takes_its_place_in_the_ledger(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose push was killed is in the store later than the run after it."""
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    one, two = Runner(tmp_path / "one"), Runner(tmp_path / "two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "push", lambda *_: 0)
        one.ingest()
    company.work(2)
    two.ingest()
    one.pull()
    one.push()
    two.pull()
    assert differences(one.log, two.log) == []
    ledger = "select run_id from raw_ops.landed_files order by _dlt_load_id"
    runs = two.query(ledger)
    assert runs == sorted(runs)
    assert len(set(runs)) == 2
    for runner in (one, two):
        assert runner.ingest().count("ats", "applications").delivered == 0


@pytest.mark.parametrize("is_shared", [True, False])
def test_what_the_log_has_lost_is_read_again(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_shared: bool
) -> None:
    if is_shared:
        monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    runner = Runner(tmp_path / "home")
    runner.ingest("payroll")
    company.work(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "push", lambda *_: 0)
        runner.ingest("payroll")
    lines = "select id from raw_payroll.payslip_lines order by id"
    assert runner.query(lines) == [(0,), (1,), (2,)]
    shutil.rmtree(runner.log.folder)
    runner = Runner(tmp_path / "home")
    runner.ingest("payroll")
    assert runner.query(lines) == [(0,), (1,), (2,)]


def test_a_reader_holds_nobody_up_and_sees_what_it_saw(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    one, two = Runner(tmp_path / "one"), Runner(tmp_path / "two")
    ids = "select application_id from raw_ats.applications order by 1"
    loads = "select count(*) from raw_ops._dlt_loads"
    one.ingest()
    two.pull()
    company.work(2)
    with one.log.connect() as first, two.log.connect() as second:
        before = [first.execute(sql).fetchall() for sql in (ids, loads)]
        one.ingest()
        two.pull()
        for reader in (first, second):
            assert [reader.execute(sql).fetchall() for sql in (ids, loads)] == before
    for runner in (one, two):
        assert len(runner.query(ids)) == 2 * len(before[0])
        assert runner.query(loads) > before[1]


def test_loads_that_were_merged_take_the_place_of_others_everywhere(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.push()
    store, other = runner.store, Runner(tmp_path / "other")
    other.pull()
    shutil.copytree(runner.environment.home, tmp_path / "kept")
    kept = Runner(tmp_path / "kept")

    # One more, so that the hour of the others is over; twice, as hours and months are.
    monkeypatch.setattr(log_module, "MANY", 2)
    for clock, merged in (("2026-07-01T07:00:00Z", 1), ("2026-08-01T06:00:00Z", 2)):
        monkeypatch.setenv("MUSTER_CLOCK", clock)
        for each in (runner, kept):
            with each.log.write(DATASET, f"after-{merged}") as draft:
                count = each.query("from raw_ops.load_counts limit 1")
                assert count
                draft.delivered.append({})
        assert runner.log.compact(DATASET) > 1
        runner.push()
        assert len(runner.log.loads(DATASET)) < len(kept.log.loads(DATASET))
        other.pull()
        for each in (runner, other, empty := Runner(tmp_path / f"empty_{merged}")):
            each.pull()
            assert differences(kept.log, each.log) == []
    assert len(empty.log.loads(DATASET)) == 2

    # A day later what was merged goes, here and there.
    for marker in (runner.log.folder / DATASET / MARKERS).iterdir():
        os.utime(marker, (0, 0))
    runner.log.compact(DATASET)
    runner.push()
    assert len(store.keys(f"raw/{DATASET}/{MARKERS}")) == 2
    assert_whole(store, source_markers(runner))
    last = Runner(tmp_path / "last")
    for each in (runner, other, last):
        each.pull()
        assert differences(kept.log, each.log) == []
    assert len(store.keys(f"raw/{DATASET}")) == len(
        [key for key in last.written() if key.startswith(f"raw/{DATASET}/")]
    )


def test_a_file_on_its_way_to_quarantine_is_not_lost(
    runner: Runner, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.ingest()
    delivered = company.folder / "ats" / "broken_9.csv"
    delivered.write_text(f"{APPLICATIONS}\n")
    delivered.rename(delivered.with_name("applications_9.csv.gz"))
    with pytest.MonkeyPatch.context() as patch:
        # As on a disk that is full, or where the run is killed.
        patch.setattr(landing, "_write_reason", no_room)
        patch.setenv("SOURCES__ATS__INBOX", str(company.folder / "ats"))
        assert runner.ingest().failed["ats"] == "ats: no room"
    again = runner.ingest()
    assert again.failed == {}
    assert "gzip is damaged" in again.faults[0].reason


def test_whoever_has_the_beginning_of_the_ledger_finds_what_was_landed(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (company.folder / "ats" / "applications_9.csv.gz").write_text("no gzip")
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "whole"))
    runner, moment = Runner(tmp_path / "home"), 0
    runner.ingest()
    while True:
        moment += 1
        monkeypatch.setenv("MUSTER_STORE", str(tmp_path / f"store_{moment}"))
        try:
            with killed_at(moment):
                runner.push()
            break
        except KilledError:
            Runner(tmp_path / f"empty_{moment}").pull()
    assert moment > 10


# What is damaged here


DAMAGES: dict[str, Callable[[bytes], bytes] | None] = {
    "missing": None,
    "cut short": lambda content: content[:-7],
    "flipped": flipped,
}


def hurt(runner: Runner, table: str, kind: str = "missing", place: int = 0) -> Path:
    """Damage a file of a runner's log."""
    path = sorted(runner.log.folder.glob(f"{table}/load_id=*/*.parquet"))[place]
    damage = DAMAGES[kind]
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    return path


def mend(runner: Runner) -> list[str]:
    return mirror.mend(runner.environment, runner.store, thorough=True)


@pytest.fixture
def kept(runner: Runner, tmp_path: Path) -> Runner:
    """A copy of the runner, to compare with."""
    shutil.copytree(runner.environment.home, tmp_path / "kept")
    return Runner(tmp_path / "kept")


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("table", ["raw_ats/applications", "raw_payroll/payslip_lines"])
def test_what_is_damaged_is_brought_from_the_store(
    runner: Runner, kept: Runner, table: str, kind: str
) -> None:
    runner.push()
    hurt(runner, table, kind)
    assert mend(runner) == []
    assert runner.written() == kept.written()


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("raw_ats/applications", 0),
        ("raw_ats/applications", 1),
        ("raw_fx/reference_rates", 0),
        ("raw_fx/reference_rates", 1),
    ],
)
def test_what_is_damaged_is_made_again_from_what_was_landed(
    runner: Runner,
    kept: Runner,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    place: int,
    kind: str,
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    hurt(runner, table, kind, place)
    monkeypatch.setenv("MUSTER_CLOCK", "2026-08-01T06:00:00Z")
    assert mend(runner) == []
    assert differences(kept.log, runner.log) == []
    assert mend(runner) == []
    assert runner.ingest("fx").total().loaded == 0
    # Whoever has the damaged load gets its rows by those that took its place.
    monkeypatch.setenv("MUSTER_STORE", str(runner.environment.home / "elsewhere"))
    runner.push()
    empty = Runner(runner.environment.home / "empty")
    empty.pull()
    assert differences(runner.log, empty.log) == []


def test_loads_that_were_merged_are_made_again(
    runner: Runner, kept: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    monkeypatch.setattr(log_module, "MANY", 2)
    monkeypatch.setenv("MUSTER_CLOCK", "2026-08-01T06:00:00Z")
    for each in (kept, runner):
        with each.log.write("raw_ats", "later") as draft:
            draft.delivered.append({})
        assert each.log.compact("raw_ats") == 2
    hurt(runner, "raw_ats/applications", "flipped", -1)
    assert mend(runner) == []
    assert differences(kept.log, runner.log) == []


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("raw_ats/applications", "the landed copy is gone"),
        ("raw_payroll/payslip_lines", "did not come from files that are kept"),
    ],
)
def test_what_cannot_be_mended_is_told_and_fails_its_source_alone(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, table: str, why: str
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    for landed in (runner.environment.folder / "landing" / "ats").rglob("*.csv"):
        landed.unlink()
    path = hurt(runner, table)
    dataset, _, name = table.partition("/")
    source = dataset.removeprefix("raw_")
    [told] = mend(runner)
    assert told.startswith(f"{path} is missing; it is of {dataset}.{name}, load ")
    assert why in told
    assert "muster mend dev, or put it back from a backup" in told
    home = runner.environment.home
    tally = ingest.load((), home, "dev", Reporter())
    assert tally.failed.keys() - {"ats"} <= {source}
    assert str(path) in tally.failed[source]
    assert "fx" in tally.elapsed
    with runner.log.connect() as log:
        log.execute("from raw_fx.reference_rates")
        with pytest.raises(
            duckdb.Error, match=f"{path} is missing; it is of {dataset}"
        ):
            log.execute(f"from {dataset}.{name}").fetchall()
    with pytest.raises(MusterError, match="is missing"):
        release.bring_log(runner.environment, runner.store)
    with pytest.raises(MusterError, match="is missing"):
        require_ingested(runner.environment)


def test_a_damaged_ledger_is_told_in_one_line(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    path = hurt(runner, "raw_ops/landed_files", "cut short")
    with pytest.raises(MusterError, match=f"{path} is damaged: it has .* bytes"):
        runner.ingest()


def test_a_flipped_byte_is_mended_before_a_release(
    runner: Runner, kept: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    hurt(runner, "raw_ats/applications", "flipped")
    release.bring_log(runner.environment, runner.store)
    assert differences(kept.log, runner.log) == []


def test_a_flipped_byte_is_neither_merged_nor_written_to_the_store(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hurt(runner, "raw_ats/applications", "flipped")
    with pytest.raises(MusterError, match=f"{path} is damaged: its checksum"):
        runner.push()
    written = runner.store.keys("raw")
    assert [key for key in written if DATASET in key or str(path).endswith(key)] == []
    assert [key for key in written if "raw_fx" in key]
    monkeypatch.setattr(log_module, "MANY", 2)
    monkeypatch.setenv("MUSTER_CLOCK", "2026-08-01T06:00:00Z")
    with runner.log.write("raw_ats", "later") as draft:
        draft.delivered.append({})
    with pytest.raises(MusterError, match=f"{path} is damaged: its checksum"):
        runner.log.compact("raw_ats")


def marker(runner: Runner, dataset: str, place: int = 0) -> Path:
    """A marker of a runner's log."""
    return sorted((runner.log.folder / dataset / MARKERS).iterdir())[place]


@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize("place", [0, 1])
def test_a_load_whose_marker_is_gone_is_told_and_comes_back(
    runner: Runner,
    kept: Runner,
    monkeypatch: pytest.MonkeyPatch,
    place: int,
    is_alone: bool,
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    gone = marker(runner, "raw_ats", place)
    load_id = gone.stem.rpartition("__")[2]
    gone.unlink()
    if not is_alone:
        for folder in runner.log.folder.glob(f"raw_ats/*/load_id={load_id}"):
            shutil.rmtree(folder)
    [loss] = index.losses(runner.log)
    assert str(loss).startswith(f"{gone} is missing; it is the marker of load")
    assert loss.rows > 0
    with pytest.raises(MusterError, match="is missing; it is the marker"):
        require_ingested(runner.environment)
    tally = runner_module.ingest((), runner.environment.home)
    assert str(gone) in tally.failed["ats"]
    assert "fx" in tally.elapsed
    assert mend(runner) == []
    found = differences(kept.log, runner.log)
    # The ledger has the run that failed besides.
    assert [each for each in found if not each.startswith(f"{DATASET}.")] == []
    assert index.compared(runner.log) == []


@pytest.mark.parametrize("is_elsewhere", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_that_the_newest_loads_of_the_ledger_are_gone_is_told(
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    is_elsewhere: bool,
) -> None:
    if not is_elsewhere:
        monkeypatch.delenv("MUSTER_STORE")
    runner.ingest()
    assert index.compared(Log(runner.log.folder)) == []
    newest = sorted(Log(runner.log.folder).ids(DATASET))[-number:]
    store = runner.store
    for load_id in newest:
        for key in store.keys(f"raw/{DATASET}"):
            if load_id in key:
                store.delete(key)
    if is_elsewhere:
        shutil.rmtree(runner.environment.folder)
        with suppress(MusterError):
            runner.pull()
    lost = index.losses(Log(runner.log.folder))
    # It tells of those before.
    assert [each.load_id for each in lost] == newest[-1:]
    monkeypatch.setenv("MUSTER_HOME", str(runner.environment.home))
    verified = CliRunner().invoke(app, ["verify", runner.environment.name])
    assert verified.exit_code == 1
    assert f"{lost[0].path} is missing; it is the marker of load" in verified.output
    with pytest.raises(MusterError, match="is missing"):
        runner_module.ingest((), runner.environment.home)


def test_what_tells_of_the_newest_loads_is_signed_and_checked(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = runner.log.folder / index.END
    before = end.read_text()
    end.write_text(before[:-9])
    with pytest.raises(MusterError, match=r"index\.json is damaged"):
        index.compared(runner.log)
    end.write_text(before)
    monkeypatch.setenv(signing.KEY_VARIABLE, LOG_KEY)
    sign(runner, monkeypatch)
    assert index.compared(Log(runner.log.folder)) == []
    end.write_text(end.read_text().replace(DATASET, "raw_fx", 1))
    with pytest.raises(MusterError, match=r"index\.json is not signed"):
        index.compared(Log(runner.log.folder))


@pytest.mark.parametrize("content", ["whole", "half", "{", "", "[1]"])
def test_a_marker_that_was_changed_is_told_and_written_as_it_was(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    changed = marker(runner, "raw_ats")
    before = changed.read_text()
    changed.write_text(
        {
            "whole": before.replace("2026-", "2025-"),
            "half": before[: len(before) // 2],
        }.get(content, content)
    )
    [loss] = index.losses(Log(runner.log.folder))
    assert (loss.path, loss.fault) == (changed, index.CHANGED)
    with pytest.raises(MusterError, match="was changed; it is the marker of load"):
        require_ingested(runner.environment)
    told = status.of(runner.environment, dt.datetime.now(dt.UTC))
    assert told.ingests
    assert str(loss) in told.failures
    monkeypatch.setenv("MUSTER_HOME", str(runner.environment.home))
    verified = CliRunner().invoke(app, ["verify", runner.environment.name])
    assert verified.exit_code == 1
    assert "was changed; it is the marker of load" in verified.output
    assert mend(runner) == []
    assert changed.read_text() == before


def test_without_the_key_nobody_adds_a_load_or_changes_one(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    monkeypatch.setenv(signing.KEY_VARIABLE, LOG_KEY)
    with pytest.raises(MusterError, match="is not signed with MUSTER_LOG_KEY"):
        runner.ingest()
    sign(runner, monkeypatch)
    assert index.compared(Log(runner.log.folder)) == []
    assert runner.ingest().failed == {}
    assert mend(runner) == []

    real = marker(runner, "raw_fx")
    text = real.read_text()
    load_id = real.stem.rpartition("__")[2]
    for path, told in (
        (real.with_name("fx__1.5.jsonl"), text.replace(f'"{load_id}"', '"1.5"')),
        (real, text.replace("2026-", "2025-")),
        (real, json.dumps(json.loads(text) | {signing.FIELD: ""})),
        (runner.log.folder / marker_key("raw_ats", load_id), text),
    ):
        before = path.read_text() if path.exists() else None
        path.write_text(told)
        with pytest.raises(MusterError, match=f"{path.name} is not signed"):
            Log(runner.log.folder).loads(path.parent.parent.name)
        if before is None:
            path.unlink()
        else:
            path.write_text(before)

    # What the index brings back bears the signature of the key that is set.
    monkeypatch.setenv(signing.KEY_VARIABLE, LOG_KEY[::-1])
    with pytest.raises(MusterError, match="is not signed"):
        runner.ingest()
    sign(runner, monkeypatch)
    real.unlink()
    [loss] = index.losses(Log(runner.log.folder))
    assert loss.fault == index.MISSING
    assert mend(runner) == []
    assert Log(runner.log.folder).loads("raw_fx")


def test_a_store_elsewhere_is_signed_as_well(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.ingest()
    monkeypatch.setenv(signing.KEY_VARIABLE, LOG_KEY)
    sign(runner, monkeypatch)
    shutil.rmtree(runner.environment.folder)
    assert runner.ingest().failed == {}
    assert Log(runner.log.folder).loads("raw_fx")


def test_how_far_a_source_was_read_is_signed_too(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.push()
    monkeypatch.setenv(signing.KEY_VARIABLE, LOG_KEY)
    sign(runner, monkeypatch)
    payroll = runner.log.folder / "raw_payroll"
    kept = [path for name in mirror.DLT for path in (payroll / name).iterdir()]
    assert kept
    for path in kept:
        signing.check_named(path)
    # It counts where a machine has no more than the log.
    shutil.rmtree(runner.environment.folder)
    runner.ingest("payroll")
    shutil.rmtree(runner.environment.folder / "pipelines")
    path = max((payroll / "_dlt_pipeline_state").iterdir())
    text = path.read_text()
    path.write_text(text.replace('"version":', '"version":1', 1))
    told = runner_module.ingest(["payroll"], runner.environment.home).failed["payroll"]
    assert f"{path} is not signed with MUSTER_LOG_KEY" in told
    path.write_text(text)
    assert runner_module.ingest(["payroll"], runner.environment.home).failed == {}
    assert runner.store.keys("raw/raw_payroll/_dlt_pipeline_state") != []


def sign(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign the runner's log by the command."""
    monkeypatch.setenv("MUSTER_HOME", str(runner.environment.home))
    told = CliRunner().invoke(app, ["mend", runner.environment.name, "--sign"])
    assert told.exit_code == 0, told.output
    assert "Signed the markers" in told.output


def test_a_load_that_nobody_loaded_is_told_and_entered(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE")
    copied = marker(runner, "raw_fx")
    load_id = copied.stem.rpartition("__")[2]
    text = copied.read_text().replace(f'"{load_id}"', '"1.5"')
    foreign = copied.with_name("fx__1.5.jsonl")
    foreign.write_text(text)
    [loss] = index.compared(runner.log)
    assert (loss.path, loss.fault) == (foreign, index.FOREIGN)
    assert index.losses(runner.log) == []
    [note] = [each for each in runner.ingest().notes if str(foreign) in each]
    assert "is of no run of this log" in note


def test_what_a_run_that_died_completed_is_entered_by_the_next(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(tmp_path / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "write_loads", lambda _: no_room())
        with pytest.raises(MusterError, match="no room"):
            runner.ingest()
    entered = f"select distinct dataset from raw_ops.{index.TABLE} order by 1"
    assert runner.query(entered) == []
    company.work(2)
    runner.ingest()
    assert [dataset for (dataset,) in runner.query(entered)] == runner.log.datasets()
    assert index.compared(runner.log) == []
    loads = len(runner.log.loads(DATASET))
    runner.ingest()
    assert len(runner.log.loads(DATASET)) - loads <= 1
