"""Whom a number names, and what is theirs alone."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from environment import Environment
from environment.errors import MusterError
from ingestion import clock
from ingestion.erasure.personal import (
    APPLICATION,
    BADGE,
    INBOX_PATH,
    NUMBER,
    PERSON_CHARACTERS,
)
from ingestion.log import Log
from operations.erasure import forget, person, retention
from operations.erasure.person import Person, find

ADA, BO = "a" * 32, "b" * 32

MODELS: dict[str, list[dict[str, Any]]] = {
    "int_people_linked": [
        {"employee_key": ADA, "person_id": "frappe_hr:E-1"},
        {"employee_key": ADA, "person_id": "other:17"},
        {"employee_key": BO, "person_id": "frappe_hr:E-2"},
    ],
    "int_frappe_hr_documents_linked": [
        {"employee_document_id": "E-1", "person_document_id": "E-1", "is_now": True},
        {"employee_document_id": "E-9", "person_document_id": "E-1", "is_now": True},
        {"employee_document_id": "E-2", "person_document_id": "E-2", "is_now": True},
    ],
    "int_frappe_hr_names_succeeded": [
        {"field_name": "reports_to", "former_value": "E-0", "link_value": "E-1"},
        {"field_name": "department", "former_value": "Law", "link_value": "E-1"},
    ],
    "int_identifiers_held": [
        {"employee_key": key, "identifier_kind": kind, "identifier": text}
        for key, kind, text in (
            (ADA, NUMBER, "0010023"),
            (ADA, BADGE, "7"),
            (BO, BADGE, "7"),
            (BO, NUMBER, "10024"),
        )
    ],
}


def record(name: str, first: str, last: str, created: int = 1) -> dict[str, Any]:
    return {
        "name": name,
        "creation": datetime(2026, 1, created),
        "first_name": first,
        "last_name": last,
        "employee_name": f"{first} {last}",
        "personal_email": f"{first}.{last}@mail.example".replace(" ", "."),
    }


def application(number: str, name: str, address: str, employee: str = "") -> Any:
    return {
        "application_id": number,
        "candidate_name": name,
        "candidate_email": address,
        "employee_number": employee,
        "applied_on": datetime(2025, 1, 1),
    }


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", "a key of the tests, 0123456789 long")
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path))
    found = Environment("dev", tmp_path)
    load(
        found,
        "raw_frappe_hr",
        "employees",
        [
            record("E-1", "Ada", "Öhm"),
            record("E-9", "Ada", "Stone"),
            record("E-2", "Mary Ada", "Stone"),
        ],
    )
    load(
        found,
        "raw_ats",
        "applications",
        [
            application("A-1", "Ada Öhm", "ada@mail.example", "0010023"),
            application("A-2", "Ada Öhm", "ada@mail.example"),
            application("A-3", "Bo Öhm", "ada@mail.example"),
            application("A-4", "Ada Öhm", "other@mail.example"),
        ],
    )
    load(
        found,
        "raw_ats",
        "stage_changes",
        [{"application_id": "A-1", "changed_on": datetime(2025, 2, 1)}],
    )
    load(
        found,
        "raw_ops",
        "landed_files",
        [
            {"source": "ats", "resource": "applications", "inbox_path": path}
            for path in ("0010023.csv", "E-1_Ada.Stone@mail.example.csv", "a_2026.csv")
        ],
    )
    show(found, MODELS)
    return found


def load(
    environment: Environment, dataset: str, table: str, rows: list[dict[str, Any]]
) -> None:
    with Log(environment.folder / "raw").write(dataset) as draft:
        pq.write_table(pa.Table.from_pylist(rows), draft.path(table))


def show(environment: Environment, models: dict[str, list[dict[str, Any]]]) -> None:
    with duckdb.connect(str(environment.restricted)) as connection:
        connection.execute("create schema if not exists people")
        for name, rows in models.items():
            connection.register("given", pa.Table.from_pylist(rows))
            connection.execute(f"create or replace table people.{name} as from given")
            connection.unregister("given")


def test_all_that_is_theirs_is_found_by_any_of_it(environment: Environment) -> None:
    for named in ("0010023", "E-1", "E-9", "17"):
        (ada,) = find(environment, [named])
        found = {kind: set(each) for kind, each in ada.keys.items()}
        assert found["frappe_hr"] == {"E-0", "E-1", "E-9"}
        assert (found["other"], found[NUMBER]) == ({"17"}, {"0010023"})
        # The same name at the same address, and neither of them alone.
        assert found[APPLICATION] == {"A-1", "A-2"}
        # What was handed on stays, and is told; so does a name that is in another.
        assert (ada.kept[BADGE], BADGE in found) == (["7"], False)
        assert ada.kept[person.TEXT] == ["Ada Stone", "Ada Öhm", "ada@mail.example"]
        assert "Ada.Stone@mail.example" in ada.texts
        assert not {"Ada Öhm", "Ada Stone"} & {*ada.texts}
        keys = {key for kind in (NUMBER, "other") for key in ada.keys[kind].values()}
        assert len({key[:PERSON_CHARACTERS] for key in keys}) == 1


def test_nobody_two_people_and_no_build_are_told(environment: Environment) -> None:
    with pytest.raises(MusterError, match="Nobody is known"):
        find(environment, ["10023"])
    with pytest.raises(MusterError, match="2 people are known"):
        find(environment, ["7"])
    assert person.unknown(environment, ["10023", "7", "A-4", "E-2", "71"]) == {"71"}
    environment.restricted.unlink()
    with pytest.raises(MusterError, match="Run muster build"):
        find(environment, ["0010023"])


def test_a_name_that_another_record_has_since_is_refused(
    environment: Environment,
) -> None:
    links = "int_people_linked"
    show(
        environment,
        {
            links: [
                *MODELS[links],
                {"employee_key": BO, "person_id": "frappe_hr:E-1 x"},
            ],
            "int_frappe_hr_documents_linked": [
                *MODELS["int_frappe_hr_documents_linked"],
                {
                    "employee_document_id": "E-1",
                    "person_document_id": "E-1 x",
                    "is_now": True,
                },
            ],
        },
    )
    assert find(environment, ["0010023"])
    load(environment, "raw_frappe_hr", "employees", [record("E-1", "Bo", "Ek", 2)])
    with pytest.raises(MusterError, match="another record since"):
        find(environment, ["0010023"])


def test_names_of_files_are_theirs_too(environment: Environment) -> None:
    (ada,) = find(environment, ["0010023"])
    found = {**person.with_paths(environment, Person.of([ada])).keys[INBOX_PATH]}
    assert found.pop("0010023.csv") == f"{ada.keys[NUMBER]['0010023']}.csv"
    ((_, name),) = found.items()
    assert re.fullmatch(r"E-1_erased-[0-9a-f]{8}\.csv", name)


def test_how_many_of_each_kind_are_theirs_is_told_before(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    forget.forget(environment, ["0010023"], "", Console(), is_dry=True)
    told = capsys.readouterr().out
    assert "application: 2" in told
    assert "0010023" not in told


def test_whose_time_is_over_is_due(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 1))
    duckdb.connect(str(environment.marts)).execute(
        "create schema core; create table core.dim_employee as select * from (values"
        f" ('{ADA}', false, date '2026-01-31'), ('{BO}', true, null))"
        " as v(employee_key, is_active, left_on)"
    ).close()
    assert retention.due(environment, retention.EMPLOYEES, 2) == []
    assert retention.due(environment, retention.EMPLOYEES, 1) == ["frappe_hr:E-1"]
    assert retention.due(environment, retention.APPLICANTS, 13) == ["A-2", "A-3", "A-4"]
    assert retention.due(environment, retention.APPLICANTS, 15) == []
    path = environment.home / retention.FILE
    path.write_text("kind,months\nemployees,soon\n")
    with pytest.raises(MusterError, match=r"retention\.csv:2"):
        retention.rules()
    path.write_text("kind,months\nemployees,1\n")
    assert retention.rules() == {"employees": 1}
