"""Whom we forgot: told by a keyed list, and taken out of what is delivered."""

import gzip
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_kit import Warehouse

from environment.errors import MusterError
from ingestion.ats.settings import APPLICATIONS, REQUISITIONS
from ingestion.attendance.settings import PUNCHES
from ingestion.erasure import files, personal, rows
from ingestion.erasure.forgotten import Forgotten
from ingestion.erasure.matching import Matcher, Where
from ingestion.landing import FileResource
from ingestion.readers import FileFaultError

KEY = "a key of the tests that is worth nothing elsewhere"

HEADER = (
    "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
    "employee_number;status\n"
)
THEIRS = "A-1;R-1;Ada Öhm;ada@mail.example;01.02.2026;;New\n"
OTHERS = 'A-2;R-1;"Öhm; Ada";other@mail.example;01.02.2026;;New\n'


KNOWN = Matcher(
    {
        personal.APPLICATION: {"A-1": "erased-1"},
        personal.BADGE: {"badge-7": "erased-7", "17": "erased-17"},
        "frappe_hr": {"E-1": "erased-9"},
    },
    ["Ada Öhm", "ada@mail.example", "smith@mail.example", "Ann Lee"],
)


def rewrite(path: Path, source: str, resource: FileResource, folder: Path) -> bool:
    draft = files.redrafted(path, source, resource, KNOWN, folder / "scratch")
    if draft is not None:
        files.put(draft, path)
    return draft is not None


def test_a_row_about_them_loses_what_tells_who_it_is_and_others_stay(
    tmp_path: Path,
) -> None:
    path = tmp_path / "applications.csv"
    path.write_text(HEADER + THEIRS + OTHERS, encoding="cp1252")
    assert rewrite(path, "ats", APPLICATIONS, tmp_path)
    assert path.read_text(encoding="cp1252") == (
        HEADER + "erased-1;R-1;;;01.02.2026;;New\n" + OTHERS
    )
    assert files.is_rewritten(path)


def test_a_line_that_cannot_be_read_and_names_them_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "applications.csv"
    path.write_text(f'{HEADER}A-1;"R-1;Ada;1\nA-3;R-1\nA-1;x;Ada\n{OTHERS}')
    assert rewrite(path, "ats", APPLICATIONS, tmp_path)
    # What follows a quote that nothing ends is read for itself.
    assert path.read_text() == f'{HEADER}x-0;"x-0;xxx;0\nA-3;R-1\nx-0;x;xxx\n{OTHERS}'


def test_an_identifier_is_one_of_its_kind_alone() -> None:
    # What is one person's badge is another's number, record and application.
    for source, table, column in (
        ("payroll", "payslips", "employee_number"),
        ("frappe_hr", "leave_applications", "employee"),
        ("ats", "applications", "application_id"),
    ):
        record = {column: "17", "net": "17"}
        assert rows.fields(record, personal.roles(source, table), KNOWN) == record
    punch = {"event_id": "17", "user_id": "17"}
    roles = personal.roles("attendance", "punches")
    assert rows.fields(punch, roles, KNOWN) == {**punch, "user_id": "erased-17"}
    # Nor is it another with zeros before it.
    assert KNOWN.find(personal.BADGE, "017") is None


def test_what_a_source_does_not_declare_may_say_anything(tmp_path: Path) -> None:
    path = tmp_path / "applications.csv"
    header = HEADER.strip() + ";channel;\n"
    others = OTHERS.strip() + ";by badge 17;x\n"
    path.write_text(f"{header}{THEIRS.strip()};referral 17;17\n{others}")
    assert rewrite(path, "ats", APPLICATIONS, tmp_path)
    # What is declared stays, in rows about them too.
    assert path.read_text() == (
        f"{header}erased-1;R-1;;;01.02.2026;;New;;\n"
        + others.replace("17", "erased-17")
    )
    path = tmp_path / "punches.jsonl"
    ours = {"event_id": "17", "user_id": "badge-7", "type": "IN", "who": {"no": "17"}}
    not_ours = {**ours, "user_id": "8", "who": {"no": ["17", "x"]}}
    path.write_text(f"{json.dumps(ours)}\n{json.dumps(not_ours)}\n")
    assert rewrite(path, "attendance", PUNCHES, tmp_path)
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert told == [
        {**ours, "user_id": "erased-7", "who": None},
        {**not_ours, "who": {"no": ["erased-17", "x"]}},
    ]


def test_a_row_that_nobody_took_for_theirs_is_without_them(tmp_path: Path) -> None:
    path = tmp_path / "applications.csv"
    path.write_text(
        HEADER + THEIRS.replace("A-1", "A-9").replace(".02", ".13") + OTHERS
    )
    assert rewrite(path, "ats", APPLICATIONS, tmp_path)
    assert path.read_text() == HEADER + "A-9;R-1;;;01.13.2026;;New\n" + OTHERS


def test_rows_that_are_about_nobody_stay(tmp_path: Path) -> None:
    path = tmp_path / "requisitions.csv"
    header = "requisition_id;title;department;branch;opened_on;closed_on;openings"
    path.write_text(f"{header};status\n17;x;y;z;17.01.2026;;17;Open\n")
    assert not rewrite(path, "ats", REQUISITIONS, tmp_path)


@pytest.mark.parametrize(
    "text", ["john.smith@mail.example", "Joann Leeman", "badge-71", "17.50", "x-17"]
)
def test_a_part_of_a_word_names_nobody(text: str) -> None:
    assert KNOWN.scrub(text) == text


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("asked ADA öhm.", "asked ."),
        ("Ada O\u0308hm", ""),
        ("<smith@mail.example>, badge-7", "<>, erased-7"),
        ("told by 17, at 12:17", "told by erased-17, at 12:17"),
    ],
)
def test_free_text_is_without_them_however_they_are_written(
    text: str, after: str
) -> None:
    assert KNOWN.scrub(text) == after


def test_a_bare_number_counts_in_free_text_alone() -> None:
    assert KNOWN.scrub("17", Where.DATA) == "17"
    assert KNOWN.scrub("badge-7", Where.DATA) == "erased-7"


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("in/letter_Ada_Öhm.csv", "in/letter_.csv"),
        ("badge-7_2026-07-01.csv", "erased-7_2026-07-01.csv"),
        ("10023.2026.csv", "erased-3.2026.csv"),
        ("17_punches_20260701.csv", "17_punches_20260701.csv"),
    ],
)
def test_names_of_files_tell_who_it_is_by_their_parts(path: str, after: str) -> None:
    numbers = {"10023": "erased-3", "20260701": "erased-d"}
    known = Matcher({**KNOWN.keys, personal.NUMBER: numbers}, KNOWN.texts)
    assert known.scrub(path, Where.PATH) == after


def test_a_long_text_is_read_in_one_go() -> None:
    text = "word " * 200_000 + "Ada Öhm"
    assert KNOWN.scrub(text).endswith("word ")


def test_their_bytes_are_found_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "told"
    said = "said: Ada Öhm\n"
    for content in (
        said.encode("cp1252"),
        said.upper().encode(),
        said.encode("utf-16-le"),
        json.dumps(said).encode(),
        b"x" * files.CHUNK_BYTES + said.encode(),
    ):
        path.write_bytes(content)
        assert any(KNOWN.names(text, Where.DATA) for text in files.texts(path))
    path.write_bytes(b"Joann Leeman")
    assert not any(KNOWN.names(text, Where.DATA) for text in files.texts(path))


def test_a_change_of_something_else_than_the_manager_stays() -> None:
    roles = personal.roles("frappe_hr", "employee_promotion_details")
    known = Matcher({"frappe_hr": {"17": "erased-1"}}, [])
    changes = [
        {"fieldname": "ctc", "current": "16", "new": "17"},
        {"fieldname": "reports_to", "current": "16", "new": "17"},
    ]
    after = [changes[0], {**changes[1], "new": "erased-1"}]
    assert [rows.fields(each, roles, known) for each in changes] == after
    table = pa.Table.from_pylist(changes)
    assert rows.table(table, roles, known).to_pylist() == after


@pytest.mark.parametrize(
    ("written", "form", "month"),
    [
        ("05/11/1980", "%d/%m/%Y", "01/11/1980"),
        ("05/11/1980", "%m/%d/%Y", "05/01/1980"),
        ("11.5.80", "%d.%m.%y", "01.05.80"),
        ("1980-05-11", "%d.%m.%Y", "1980-05-01"),
        ("soon", "%d.%m.%Y", ""),
    ],
)
def test_a_day_of_birth_is_read_as_its_source_writes_it(
    written: str, form: str, month: str
) -> None:
    assert rows.of_month(written, (form,)) == month


def test_a_damaged_table_is_a_fault_of_its_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "punches.parquet"
    path.write_bytes(b"PAR1 user badge-7")
    with pytest.raises(FileFaultError):
        rewrite(path, "attendance", PUNCHES, tmp_path)
    assert files.admit(path, "attendance", PUNCHES, KNOWN) == path
    assert path.read_bytes() == b""


def test_lines_of_json_are_rewritten_packed_or_not(tmp_path: Path) -> None:
    theirs, others = (
        json.dumps({"event_id": "1", "user_id": badge}) for badge in ("badge-7", "x")
    )
    path = tmp_path / "punches.jsonl.gz"
    path.write_bytes(gzip.compress(f"{theirs}\n{others}\n{theirs[:-1]}\n".encode()))
    assert rewrite(path, "attendance", PUNCHES, tmp_path)
    told = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert json.loads(told[0])["user_id"] == "erased-7"
    assert told[1] == others
    assert "badge-7" not in told[2]


def test_a_delivered_table_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "punches.parquet"
    pq.write_table(
        pa.table({"event_id": ["1", "2"], "user_id": ["badge-7", "x"]}), path
    )
    assert rewrite(path, "attendance", PUNCHES, tmp_path)
    assert pq.read_table(path)["user_id"].to_pylist() == ["erased-7", "x"]
    assert not rewrite(path, "attendance", PUNCHES, tmp_path)


def test_numbers_and_lists_of_a_delivered_table_are_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "punches.parquet"
    told = [["Bo", "x"], ["Ada Öhm", "17"]]
    pq.write_table(pa.table({"user_id": [17, 18], "told": told}), path)
    assert rewrite(path, "attendance", PUNCHES, tmp_path)
    assert pq.read_table(path).to_pydict() == {
        "user_id": ["erased-17", "18"],
        "told": [None, ["", "erased-17"]],
    }


def test_of_a_number_handed_on_only_rows_about_them_are_changed() -> None:
    roles = personal.roles("frappe_hr", "employees")
    born = date(1980, 3, 14)
    table = pa.table(
        {
            "name": ["E-1", "E-2", "E-3"],
            "attendance_device_id": ["badge-7", "badge-7", "8"],
            "reports_to": [None, "E-1", "E-2"],
            "first_name": ["Ada", "Bo", "Cy"],
            "last_name": ["Öhm", "Öhm", None],
            "gender": ["Female", "Male", None],
            "date_of_birth": [born, born, born],
        }
    )
    assert rows.table(table, roles, KNOWN).to_pylist() == [
        {
            "name": "erased-9",
            "attendance_device_id": "erased-7",
            "reports_to": None,
            "first_name": None,
            "last_name": "erased-9",
            "gender": "Female",
            "date_of_birth": date(1980, 3, 1),
        },
        {**table.to_pylist()[1], "reports_to": "erased-9"},
        table.to_pylist()[2],
    ]
    assert rows.table(table, roles, Matcher({}, [])) is table
    assert [rows.fields(each, roles, KNOWN) for each in table.to_pylist()] == (
        rows.table(table, roles, KNOWN).to_pylist()
    )


def test_the_list_tells_nobody_and_needs_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY)
    Forgotten(tmp_path).add({personal.NUMBER: {"0010023": "erased-1"}})
    text = (tmp_path / "forgotten.json").read_text()
    assert "10023" not in text
    assert Forgotten(tmp_path).find(personal.NUMBER, "0010023") == "erased-1"
    assert Forgotten(tmp_path).find(personal.BADGE, "0010023") is None
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY[::-1])
    with pytest.raises(MusterError, match="MUSTER_FORGOTTEN_KEY"):
        Forgotten(tmp_path).find(personal.NUMBER, "0010023")
    monkeypatch.setenv("MUSTER_FORGOTTEN_KEY", KEY)
    assert Forgotten(tmp_path).find(personal.NUMBER, "0010023") == "erased-1"


def test_what_is_delivered_of_them_is_landed_and_loaded_without(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY)
    warehouse.folder.mkdir(parents=True)
    Forgotten(warehouse.folder).add({personal.APPLICATION: {"A-1": "erased-1"}})
    path = warehouse.drop("ats", "applications.csv", HEADER + THEIRS + OTHERS)
    warehouse.drop("ats", "applications_bad.csv", HEADER + THEIRS.replace("02", "13"))
    assert not warehouse.ingest("ats").failed
    with warehouse.log.connect() as connection:
        told = connection.execute(
            "select application_id, candidate_name, candidate_email"
            " from raw_ats.applications order by all"
        ).fetchall()
        rejected = connection.execute(
            "select row_text from raw_ops.rejected_rows"
        ).fetchall()
    assert told == [
        ("A-2", "Öhm; Ada", "other@mail.example"),
        ("erased-1", None, None),
    ]
    assert len(rejected) == 1
    kept = b"".join(
        each.read_bytes()
        for name in ("landing", "quarantine", "raw")
        for each in (warehouse.folder / name).rglob("*")
        if each.is_file()
    )
    assert b"ada@mail.example" not in kept
    assert "ada@mail" not in str(rejected)
    path.touch()
    assert warehouse.ingest("ats").total().loaded == 0


def test_what_names_them_alone_is_kept_without_and_quarantine_by_its_name(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY)
    warehouse.folder.mkdir(parents=True)
    letter = warehouse.drop("ats", "letter.txt", "Dear Ada Öhm,\nsoon\n")
    assert not warehouse.ingest("ats").failed
    Forgotten(warehouse.folder).add({}, ["Ada Öhm", "ada@mail.example"])
    (copy,) = (warehouse.folder / "quarantine").rglob("*.txt.reason.txt")
    copy.with_name(copy.name.removesuffix(".reason.txt")).unlink()
    letter.touch()
    warehouse.drop("ats", "other.txt", "Dear ADA ÖHM,\nAda, öhm\nsoon\n")
    comments = "stage_change_id;application_id;stage;changed_on;comment\n"
    comments += "S-1;A-2;New;01.02.2026;Ask Ada Öhm <ada@mail.example>\n"
    warehouse.drop("ats", "stage_changes.csv", comments)
    assert not warehouse.ingest("ats").failed
    kept = [*(warehouse.folder / "quarantine").rglob("*.txt")]
    texts = [each.read_text() for each in kept if "reason" not in each.name]
    assert texts == ["xxxx xxx xxx,\nxxx, xxx\nsoon\n"]
    assert warehouse.query("select comment from raw_ats.stage_changes") == [
        ("Ask  <>",)
    ]


def test_a_file_whose_name_tells_who_it_is_is_known_by_another(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY)
    warehouse.folder.mkdir(parents=True)
    names = {"applications_Ada_Öhm.csv": "applications_erased-5.csv"}
    Forgotten(warehouse.folder).add({personal.INBOX_PATH: names})
    warehouse.drop("ats", "applications_Ada_Öhm.csv", HEADER + OTHERS)
    assert warehouse.ingest("ats").total().loaded == 1
    told = [("applications_erased-5.csv", each) for each in ("landed", "loaded")]
    assert warehouse.statuses() == told
    assert warehouse.ingest("ats").total().files == 0
