"""What an erasure does to the log, to releases and to whatever else is kept."""

import gzip
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from rich.console import Console

from environment import Environment, locks
from environment.errors import MusterError
from environment.files import checksum
from ingestion.ats.settings import APPLICATIONS
from ingestion.columns import Column
from ingestion.erasure import personal
from ingestion.erasure.forgotten import Forgotten
from ingestion.erasure.personal import APPLICATION, BADGE, NUMBER, PSEUDONYM
from ingestion.ledger_tables import RUNS
from ingestion.log import Draft as LogDraft
from ingestion.log import Log
from operations.build import build
from operations.erasure import databases, forget, holds, kept, log, search
from operations.erasure.person import Person
from store import lease
from store.store import Store

OLD, NEW = "a0" * 16, "b1" * 16

PERSON = Person(
    {
        NUMBER: {"17": "erased-1"},
        BADGE: {"badge-7": "erased-7"},
        APPLICATION: {"4096": "erased-4"},
        PSEUDONYM: {OLD: NEW},
    },
    ["Ada Öhm", "ada@mail.example"],
)


@pytest.fixture
def raw(tmp_path: Path) -> Log:
    return Log(tmp_path / "dev" / "raw")


def write(raw: Log, dataset: str, table: str, rows: list[dict[str, str]]) -> str:
    with raw.write(dataset) as draft:
        pq.write_table(pa.Table.from_pylist(rows), draft.path(table))
    return draft.load_id


def read(raw: Log, sql: str) -> list[tuple[object, ...]]:
    with raw.connect() as connection:
        return connection.execute(sql).fetchall()


def test_a_load_is_rewritten_with_the_same_ids_and_known_times(raw: Log) -> None:
    lines = [{"employee_number": n, "amount": "17"} for n in ("17", "18", "017")]
    load_id = write(raw, "raw_payroll", "payslips", lines)
    other = write(raw, "raw_attendance", "punches", [{"user_id": "17"}])
    before = read(raw, "select amount, _dlt_load_id from raw_payroll.payslips")
    known = raw.instants()
    assert log.rewrite(raw, PERSON, "r1") == (1, [])
    raw = Log(raw.folder)
    assert read(raw, "select employee_number from raw_payroll.payslips") == [
        ("erased-1",),
        ("18",),
        ("017",),
    ]
    assert read(raw, "select amount, _dlt_load_id from raw_payroll.payslips") == before
    assert raw.instants() == known
    assert raw.damaged("raw_payroll", thorough=True) == []
    # A badge is no number, and the id is of this erasure alone.
    assert raw.ids("raw_attendance") == {other}
    (load,) = raw.loads("raw_payroll")
    assert load.load_id == f"{load_id}-r1-merged"
    assert log.rewrite(raw, PERSON, "r2") == (0, [])


def test_loads_of_one_run_are_rewritten_each_for_itself(raw: Log) -> None:
    # The ledger's ids begin with their run's, and an earlier erasure's ends them.
    run, request = "20260630T000000.000001-7", "20260701T060000-0123abcd"
    ends = ["000001", "000002", f"000003-{request}-merged", "000004-merged"]
    for end in ends:
        draft = LogDraft(f"{run}-{end}", raw.folder / "raw_ops")
        rows = pa.Table.from_pylist([{"row_text": f"{end} Ada Öhm"}])
        pq.write_table(rows, draft.path("rejected_rows"))
        raw.complete("raw_ops", f"{run}-{end}")
    assert log.rewrite(raw, PERSON, "20260702T060000-0123abcd") == (4, [])
    raw = Log(raw.folder)
    told = read(raw, "select row_text from raw_ops.rejected_rows order by all")
    assert told == [(f"{end} ",) for end in ends]
    assert {load.load_id for load in raw.loads("raw_ops")} >= {
        f"{run}-00000{n}-20260702T060000-0123abcd-merged" for n in range(1, 5)
    }


def test_a_damaged_load_stays_damaged_and_is_told(raw: Log) -> None:
    load_id = write(raw, "raw_attendance", "punches", [{"user_id": "badge-7"}])
    (path,) = raw.folder.rglob("*.parquet")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    written, left = log.rewrite(raw, PERSON, "r1")
    assert (written, len(left)) == (0, 1)
    assert raw.ids("raw_attendance") == {load_id}
    assert raw.damaged("raw_attendance", thorough=True)


def test_what_is_rejected_and_names_them_by_a_short_number_is_emptied(
    raw: Log,
) -> None:
    texts = ["17;2026-07;x", "18;2026-07;x"]
    write(raw, "raw_ops", "rejected_rows", [{"row_text": each} for each in texts])
    log.rewrite(raw, PERSON, "r1")
    raw = Log(raw.folder)
    told = read(raw, "select row_text from raw_ops.rejected_rows")
    assert told == [("erased-1;2026-07;x",), (texts[1],)]


def test_what_runs_noted_of_them_by_their_pseudonym_is_rewritten(raw: Log) -> None:
    row = {"run_id": "r", "keys": f"employee_key {OLD}; employee_key x"}
    write(raw, RUNS, "node_results", [row])
    assert search.below(raw.folder.parent, PERSON).places
    assert log.rewrite(raw, PERSON, "r1") == (1, [])
    raw = Log(raw.folder)
    told = read(raw, f"select run_id, keys from {RUNS}.node_results")
    assert told == [("r", f"employee_key {NEW}; employee_key x")]
    assert search.below(raw.folder.parent, PERSON).places == []


def release(folder: Path) -> Path:
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "restricted.duckdb")) as connection:
        connection.execute(
            "create schema people; create table people.held as select * from (values"
            f" ('{OLD}', 'employee_number', '17', 'Ada', date '1980-03-14'),"
            " ('x', 'attendance_device_id', '17', 'Bo', date '1980-03-14'))"
            " as v(employee_key, identifier_kind, identifier, first_name, born_on)"
        )
        connection.execute(
            "create table people.set_aside as select unnest(['badge-7', '17',"
            f" '{OLD} 2026']) as record_key"
        )
    (folder / "snapshot").mkdir()
    mart = folder / "snapshot" / "dim.parquet"
    pq.write_table(pa.table({"employee_key": [OLD, "x"]}), mart)
    said = folder / "requirements.md"
    said.write_text("Asked for by Ada Öhm.")
    manifest = folder / "snapshot" / "manifest.json"
    manifest.write_text(
        json.dumps({"tables": [{"file": mart.name, "sha256": checksum(mart)}]})
    )
    facts = {
        str(path.relative_to(folder)): {
            "sha256": checksum(path),
            "bytes": path.stat().st_size,
        }
        for path in (folder / "restricted.duckdb", mart, manifest, said)
    }
    text = json.dumps({"files": facts, "seconds": 17, "rows": 4096})
    (folder / "release.json").write_text(text)
    return folder


def noted(folder: Path) -> dict[str, str]:
    content = json.loads((folder / "release.json").read_text())
    return {name: facts["sha256"] for name, facts in content["files"].items()}


def as_noted(folder: Path) -> list[str]:
    """The files that are as a release notes them."""
    return [n for n, told in noted(folder).items() if checksum(folder / n) == told]


def held(
    folder: Path, wanted: str = "people.held order by first_name"
) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "restricted.duckdb"), read_only=True) as opened:
        return opened.execute(f"from {wanted}").fetchall()


def test_a_release_is_rewritten_and_checks_again(tmp_path: Path) -> None:
    folder = release(tmp_path / "r")
    kept.rewrite_release(folder, PERSON)
    told = held(folder, "people.set_aside order by all")
    assert told == [("17",), (f"{NEW} 2026",), ("erased-7",)]
    assert held(folder) == [
        ("x", "attendance_device_id", "17", "Bo", date(1980, 3, 14)),
        (NEW, "employee_number", "erased-1", None, date(1980, 3, 1)),
    ]
    mart = folder / "snapshot" / "dim.parquet"
    assert pq.read_table(mart)["employee_key"].to_pylist() == [NEW, "x"]
    assert (folder / "requirements.md").read_text() == "Asked for by ."
    assert len(as_noted(folder)) == 4
    manifest = json.loads((folder / "snapshot" / "manifest.json").read_text())
    assert manifest["tables"][0]["sha256"] == checksum(mart)
    content = json.loads((folder / "release.json").read_text())
    assert (content["seconds"], content["rows"]) == (17, 4096)
    assert kept.rewrite_release(folder, PERSON) == {}


def test_a_release_that_was_tampered_with_stays_so(tmp_path: Path) -> None:
    folder = release(tmp_path / "r")
    before = noted(folder)
    pq.write_table(pa.table({"employee_key": [OLD]}), folder / "snapshot/dim.parquet")
    kept.rewrite_release(folder, PERSON)
    assert noted(folder)["snapshot/dim.parquet"] == before["snapshot/dim.parquet"]
    assert "snapshot/dim.parquet" not in as_noted(folder)
    # And one that holds nobody is as it was.
    other = release(tmp_path / "other")
    text = (other / "release.json").read_bytes()
    assert kept.rewrite_release(other, Person({NUMBER: {"99": "erased-9"}}, [])) == {}
    assert (other / "release.json").read_bytes() == text


@pytest.mark.parametrize("at", range(10))
def test_a_release_is_finished_when_its_run_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    folder = release(tmp_path / "r")
    replace, calls = kept._replace, []

    def killed(path: Path, draft: Path) -> None:
        calls.append(path)
        if len(calls) > at:
            raise KeyboardInterrupt
        replace(path, draft)

    with monkeypatch.context() as patch:
        patch.setattr(kept, "_replace", killed)
        try:
            kept.rewrite_release(folder, PERSON)
        except KeyboardInterrupt:
            assert len(calls) == at + 1
    kept.rewrite_release(folder, PERSON)
    assert len(as_noted(folder)) == 4
    assert not search.below(folder, PERSON).places


def test_whatever_cannot_be_read_is_searched_as_bytes_and_stops_nothing(
    tmp_path: Path,
) -> None:
    for name in ("x.parquet", "x.duckdb", "x.json", "x.csv", "x.bin", "empty.duckdb"):
        (tmp_path / name).write_bytes(b"\xff {Ada \xd6hm" if name[0] == "x" else b"")
    found = search.below(tmp_path, PERSON)
    assert len(found.places) == 5
    done = {kept.rewrite_file(path, tmp_path, PERSON) for path in found.places}
    assert done == {kept.REMOVED}


def test_json_is_json_still(tmp_path: Path) -> None:
    path = tmp_path / "told.json"
    path.write_text(json.dumps({"bytes": 17, "by": ["Ada Öhm"]}))
    assert kept.rewrite_file(path, tmp_path, PERSON) == kept.REWRITTEN
    assert json.loads(path.read_text()) == {"bytes": 17, "by": [""]}


def test_their_letters_go_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "register.csv").write_text(
        "request,employee_number\n2026-1,17\n2026-17,18\n"
    )
    for letter in ("2026-1.html", "2026-1.txt", "2026-17.html"):
        (folder / letter).write_text("17 EUR")
    kept.rewrite(folder / "register.csv", tmp_path, PERSON, tmp_path / "scratch")
    assert {path.name for path in folder.iterdir()} == {"register.csv", "2026-17.html"}
    assert (folder / "register.csv").read_text().splitlines()[1:] == [
        "2026-1,erased-1",
        "2026-17,18",
    ]


def test_a_landed_file_of_others_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "landing/ats/applications/2026-07-01/x.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "Export by Ada Öhm\n"
        "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
        "employee_number;status\n"
        "4097;R-4096;Joann Leeman;john.ada@mail.example;01.02.2026;4096;New\n"
    )
    done = kept.rewrite(path, tmp_path, PERSON, tmp_path / "scratch")
    assert done == {path: kept.REWRITTEN}
    assert path.read_text().splitlines()[0] == "Export by "
    assert "4097;R-4096;Joann Leeman;john.ada@mail.example;" in path.read_text()


def test_a_hold_is_found_with_zeros_and_on_a_number_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path))
    monkeypatch.setattr(holds, "unknown", lambda _, named: named - {"0017"})
    rows = "person,kind,ground,until_on\n0017,all,law,\n9,all,law,2026-07-01\n"
    (tmp_path / holds.FILE).write_text(rows)
    environment, today = Environment("dev", tmp_path), date(2026, 7, 1)
    found = holds.on_file(environment, today)
    shared = Person({}, [], {NUMBER: ["17"]})
    assert holds.of(shared.called(), found)
    assert holds.of({"018"}, found) == []
    # One that names nobody would hold nothing.
    (tmp_path / holds.FILE).write_text(rows.replace("0017", "0071"))
    with pytest.raises(MusterError, match=r"erasure_holds\.csv:2: nobody is known"):
        holds.on_file(environment, today)


def test_a_plan_that_cannot_be_finished_stops_no_ingestion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", "a key of the tests, worth nothing")
    environment = Environment("dev", tmp_path)
    folder = environment.folder / forget.FOLDER
    folder.mkdir(parents=True)
    plan = {"request": "r1", "reason": "", "holds": [], "person": PERSON.to_dict()}
    plan["kept_as_shared"] = {}
    (folder / "r1.plan.json").write_text(json.dumps(plan))
    (folder / ".r2.plan.json.7").write_text("17")
    store = Store(str(environment.folder))

    def fail(*_: object) -> None:
        raise MusterError("a file is in use")

    lines: list[str] = []
    reporter = type("Told", (), {"line": lambda _, text: lines.append(text)})()
    with lease.hold(store, "ingest") as claim, locks.building(environment.folder):
        forget.finish_interrupted(environment, store, claim, reporter)
    # Whom it is about is known all the same.
    assert "builds or erases" in lines.pop()
    assert Forgotten(environment.folder).find(NUMBER, "17") == "erased-1"
    monkeypatch.setattr(kept, "drop_made", fail)
    with lease.hold(store, "ingest") as claim:
        forget.finish_interrupted(environment, store, claim, reporter)
    assert "a file is in use" in lines[0]
    # What was half written is gone.
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["r1.done.json", "r1.plan.json"]


def test_a_database_that_holds_nobody_is_told_from_one_that_does(
    tmp_path: Path,
) -> None:
    folder = release(tmp_path / "r")
    assert databases.is_in(folder / "restricted.duckdb", PERSON)
    kept.rewrite_release(folder, PERSON)
    assert not databases.is_in(folder / "restricted.duckdb", PERSON)


def test_what_a_store_alone_has_is_rewritten_as_it_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", "a key of the tests, worth nothing")
    environment = Environment("dev", tmp_path / "home")
    environment.folder.mkdir(parents=True)
    Forgotten(environment.folder).add(PERSON.keys)
    store = Store(f"local://{tmp_path}/elsewhere")
    header = (
        "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
        "employee_number;status\n"
    )
    lines = header + "4096;R;Ada Öhm;x;01.02.2026;17;New\n9;R;Bo;y;01.02.2026;;New\n"
    landed = "landing/ats/applications/2026-07-01/x.csv.gz"
    store.write_bytes(landed, gzip.compress(lines.encode("cp1252")))
    store.write_bytes("raw/raw_ats/applications/load_id=7/00001.parquet", b"orphan")
    write(Log(environment.raw), RUNS, "checks", [{"run_id": "r", "detail": "fine"}])
    store.write_bytes("answers/x.txt", "Ada Öhm, 17".encode())
    with lease.hold(store, "forget") as claim:
        done, found = forget.Done(tmp_path / "done.json"), search.Found()
        scratch = tmp_path / "scratch"
        forget._rewrite_store(environment, store, claim, PERSON, scratch, done, found)
    assert done.counts == {"answers: rewritten": 1, "landing: rewritten": 1}
    assert (found.files, found.places) == (2, [])
    # No copy stays until the end.
    assert not [*search.files(scratch)]
    told = gzip.decompress(store.read_bytes(landed)).decode("cp1252")
    assert told.splitlines()[1:] == [
        "erased-4;R;;;01.02.2026;erased-1;New",
        "9;R;Bo;y;01.02.2026;;New",
    ]
    assert store.exists(f"{landed}.erased")
    # What runs noted is no orphan.
    kinds = [Path(key).suffix for key in store.keys("raw")]
    assert kinds == [".jsonl", ".parquet"]
    assert all(key.startswith(f"raw/{RUNS}/") for key in store.keys("raw"))
    assert store.read_bytes("answers/x.txt") == b", erased-1"


def test_what_earlier_runs_did_counts(tmp_path: Path) -> None:
    forget.Done(tmp_path / "r1.done.json").add("landing", "rewritten", 2)
    done = forget.Done(tmp_path / "r1.done.json")
    paths = ("landing/ats", "Ada_Öhm.bin", "Ada_Öhm/x")
    done.enter(tmp_path, {tmp_path / each: "rewritten" for each in paths})
    counts = {"landing: rewritten": 3, "others: rewritten": 2}
    assert (done.runs, done.counts) == (2, counts)


def test_a_workbook_that_tells_of_them_by_a_bare_number_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = (Column("employee_number"), Column("net"))
    resource = replace(APPLICATIONS, name="payslips", columns=columns)
    roles = {"employee_number": personal.Role(personal.SUBJECT, NUMBER)}
    monkeypatch.setattr(search, "resources", lambda _: {"payslips": resource})
    monkeypatch.setattr(personal, "roles", lambda *_: roles)
    folder = tmp_path / "landing/payroll/payslips/2026-07-01"
    folder.mkdir(parents=True)
    for name, number in (("theirs", 17), ("others", 18)):
        with xlsxwriter.Workbook(str(folder / f"{name}.xlsx")) as book:
            sheet = book.add_worksheet("payslips")
            sheet.write_row(0, 0, ["employee_number", "net"])
            sheet.write_row(1, 0, [number, 17])
    found = search.below(tmp_path, PERSON).places
    assert [path.name for path in found] == ["theirs.xlsx"]
    for path in [*folder.iterdir()]:
        kept.rewrite(path, tmp_path, PERSON, tmp_path / "scratch")
    assert [path.name for path in folder.iterdir()] == ["others.xlsx"]


def test_reports_go_and_what_was_handed_in_stays(tmp_path: Path) -> None:
    environment = Environment("dev", tmp_path)
    for name in ("eu/2025/report.json", "handed_in/eu/2025/report.json"):
        (environment.folder / "reports" / name).parent.mkdir(parents=True)
        (environment.folder / "reports" / name).write_text("17")
    spark = environment.folder / "spark" / "warehouse"
    spark.mkdir(parents=True)
    (spark / "part.parquet").write_text("17")
    kept.drop_made(environment)
    told = [each.parts[-4] for each in search.files(environment.folder)]
    assert told == ["handed_in"]
    assert [*forget._units(environment.folder)] == []


def test_a_build_and_an_erasure_refuse_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    write(Log(tmp_path / "dev" / "raw"), "raw_payroll", "payslips", [{"net": "1"}])
    with locks.building(tmp_path / "dev"):
        with pytest.raises(MusterError, match="builds or erases"):
            forget.forget(Environment("dev", tmp_path), ["17"], "", Console(quiet=True))
        with pytest.raises(MusterError, match="builds or erases"):
            build.build("dev", Console(quiet=True))


def test_a_dry_run_carries_out_nothing_that_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    environment = Environment("dev", tmp_path)
    plan = environment.folder / forget.FOLDER / "r1.plan.json"
    plan.parent.mkdir(parents=True)
    plan.write_text("{}")
    with pytest.raises(MusterError, match="was begun"):
        forget.forget(environment, ["17"], "", Console(quiet=True), is_dry=True)
    assert plan.read_text() == "{}"
