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
from ingestion.ats.settings import APPLICATIONS
from ingestion.attendance.settings import PUNCHES
from ingestion.erasure import files, personal, rows
from ingestion.erasure.forgotten import Forgotten

KEY = "a key of the tests that is worth nothing elsewhere"

HEADER = (
    "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
    "employee_number;status\n"
)
THEIRS = "A-1;R-1;Ada Öhm;ada@mail.example;01.02.2026;;New\n"
OTHERS = 'A-2;R-1;"Öhm; Ada";other@mail.example;01.02.2026;;New\n'


def find(identifier: str) -> str | None:
    return {"A-1": "erased-1", "badge-7": "erased-7", "E-1": "erased-9"}.get(identifier)


def test_a_row_about_them_loses_what_tells_who_it_is_and_others_stay(
    tmp_path: Path,
) -> None:
    path = tmp_path / "applications.csv"
    path.write_text(HEADER + THEIRS + OTHERS, encoding="cp1252")
    assert files.rewrite(path, "ats", APPLICATIONS, find, tmp_path / "scratch")
    assert path.read_text(encoding="cp1252") == (
        HEADER + "erased-1;R-1;;;01.02.2026;;New\n" + OTHERS
    )
    assert files.is_rewritten(path)


def test_a_line_that_cannot_be_read_and_names_them_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "applications.csv"
    path.write_text(f'{HEADER}A-1;"R-1;Ada;1\nA-3;R-1\nA-1;x;Ada\n{OTHERS}')
    assert files.rewrite(path, "ats", APPLICATIONS, find, tmp_path / "scratch")
    told = path.read_text().removeprefix(HEADER)
    assert "Ada" not in told.removesuffix(OTHERS)
    assert told.splitlines()[0] == 'x-0;"x-0;xxx;0'
    assert told.splitlines()[1] == "A-3;R-1"
    assert told.endswith(OTHERS)


def test_lines_of_json_are_rewritten_packed_or_not(tmp_path: Path) -> None:
    theirs, others = (
        json.dumps({"event_id": "1", "user_id": badge}) for badge in ("badge-7", "x")
    )
    path = tmp_path / "punches.jsonl.gz"
    path.write_bytes(gzip.compress(f"{theirs}\n{others}\n{theirs[:-1]}\n".encode()))
    assert files.rewrite(path, "attendance", PUNCHES, find, tmp_path / "scratch")
    told = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert json.loads(told[0])["user_id"] == "erased-7"
    assert told[1] == others
    assert "badge-7" not in told[2]


def test_a_delivered_table_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "punches.parquet"
    pq.write_table(
        pa.table({"event_id": ["1", "2"], "user_id": ["badge-7", "x"]}), path
    )
    assert files.rewrite(path, "attendance", PUNCHES, find, tmp_path / "scratch")
    assert pq.read_table(path)["user_id"].to_pylist() == ["erased-7", "x"]
    assert not files.rewrite(path, "attendance", PUNCHES, find, tmp_path / "scratch")


def test_of_a_number_handed_on_only_rows_about_them_are_changed() -> None:
    roles = personal.roles("frappe_hr", "employees")
    born = date(1980, 3, 14)
    table = pa.table(
        {
            "name": ["E-1", "E-2", "E-3"],
            "employee_number": ["badge-7", "badge-7", "8"],
            "reports_to": [None, "E-1", "E-2"],
            "first_name": ["Ada", "Bo", "Cy"],
            "gender": ["Female", "Male", None],
            "date_of_birth": [born, born, born],
        }
    )
    assert rows.table(table, roles, find).to_pylist() == [
        {
            "name": "erased-9",
            "employee_number": "erased-7",
            "reports_to": None,
            "first_name": None,
            "gender": "Female",
            "date_of_birth": date(1980, 3, 1),
        },
        {**table.to_pylist()[1], "reports_to": "erased-9"},
        table.to_pylist()[2],
    ]
    assert rows.table(table, roles, lambda _: None) is table
    assert [rows.fields(each, roles, find) for each in table.to_pylist()] == (
        rows.table(table, roles, find).to_pylist()
    )


def test_the_list_tells_nobody_and_needs_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY)
    Forgotten(tmp_path).add({"0010023": "erased-1"})
    text = (tmp_path / "forgotten.json").read_text()
    assert "10023" not in text
    assert Forgotten(tmp_path).find("0010023") == "erased-1"
    assert Forgotten(tmp_path).find("10024") is None
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY[::-1])
    with pytest.raises(MusterError, match="MUSTER_FORGOTTEN_KEY"):
        Forgotten(tmp_path).find("0010023")
    monkeypatch.setenv("MUSTER_FORGOTTEN_KEY", KEY)
    assert Forgotten(tmp_path).find("0010023") == "erased-1"


def test_what_is_delivered_of_them_is_landed_and_loaded_without(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", KEY)
    warehouse.folder.mkdir(parents=True)
    Forgotten(warehouse.folder).add({"A-1": "erased-1"})
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
