"""Mappings as SQL: what texts mean, what rows give, and what could not be taken."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.hr_tables import compiled, contract, file_names
from ingestion.hr_tables.mapping import Mapping, parse, raw_column

D = date.fromisoformat
TODAY = {"exported": {"date": "2026-05-31"}}

Row = dict[str, Any]


def mapped(fields: dict[str, Any], say: Row | None = None, **words: Any) -> Mapping:
    """A mapping of one table, `staff`, by default a snapshot of 31 May 2026."""
    table = {"files": "staff*", "shape": "snapshot", "fields": fields, **words}
    if table["shape"] == "snapshot":
        table = TODAY | table
    said = {"version": "1", "say": say or {}, "tables": {"staff": table}}
    return parse(yaml.safe_dump(said, allow_unicode=True), Path("acme.yml"))


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One for all tests: each clears its schema."""
    return duckdb.connect(config={"threads": 1})


class Raw:
    """Raw of one mapping, with rows of its table `staff`, and its views."""

    def __init__(self, mapping: Mapping, rows: Sequence[Row]) -> None:
        self.mapping = mapping
        self.columns = sorted({c for row in rows for c in row if c[0] != "_"})
        self.database = database()
        self.database.execute("drop schema if exists raw_acme cascade")
        self.database.execute("create schema raw_acme")
        self.database.execute(
            "create table raw_acme._dlt_loads as select '7' as load_id, 0::bigint as"
            " status, timestamp '2026-06-01 20:00' as inserted_at"
        )
        names = ["_dlt_load_id", "_file_name", "_file_line"]
        names += [raw_column(each) for each in self.columns]
        declared = ", ".join(f'"{each}" varchar' for each in names)
        self.database.execute(f"create table raw_acme.staff ({declared})")
        for line, row in enumerate(rows, start=2):
            values = [row.get("_dlt_load_id", "7"), row.get("_file_name", "staff.csv")]
            values += [line, *(row.get(each) for each in self.columns)]
            marks = ", ".join("?" for _ in names)
            self.database.execute(
                f"insert into raw_acme.staff values ({marks})", values
            )

    def view(self, name: str) -> list[Row]:
        """A view's rows in the order of their lines, after a look at its columns."""
        known = {"acme": {"staff": {raw_column(each) for each in self.columns}}}
        query = compiled.views([self.mapping], known, "memory")[name]
        found = self.database.execute(query)
        names = [each[0] for each in found.description]
        assert names == [*compiled.types_of(name)]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return sorted(rows, key=lambda row: (row.get("_file_line") or 0, str(row)))

    def faults(self) -> list[tuple[str, str]]:
        """Field and fault of each, sorted."""
        told = [(row["field"], row["fault"]) for row in self.view("faults")]
        return sorted(told)


PEOPLE = {"person_id": "Nr"}
HOLDS = {
    "born_on": "people",
    "sex": "people",
    "started_on": "employments",
    "ended_on": "employments",
    "is_employed": "employments",
    "exit_kind": "employments",
    "weekly_hours": "contracted_hours",
    "line_amount": "pay_lines",
}


def meant(field: str, text: str | None, **words: Any) -> tuple[Any, list[str]]:
    """What a text means in a field, and its faults."""
    source = {"from": "X", **words.pop("source", {})}
    say = {"currency": "EUR", **words.pop("say", {})}
    raw = Raw(mapped(PEOPLE | {field: source}, say, **words), [{"Nr": "1", "X": text}])
    rows = raw.view(HOLDS[field])
    value = rows[0][field] if rows else None
    return value, [fault for named, fault in raw.faults() if named == field]


@pytest.mark.parametrize(
    ("text", "forms", "day"),
    [
        ("2024-01-31", None, "2024-01-31"),
        (" 2024-1-5 ", None, "2024-01-05"),
        ("\u00a02024-01-31\u00a0", None, "2024-01-31"),
        ("2024-01-31 00:00:00", None, "2024-01-31"),
        ("2024-01-31T00:00:00.000Z", None, "2024-01-31"),
        ("1/31/2024 0:00", "%m/%d/%Y", "2024-01-31"),
        ("1/31/2024 12:00:00 AM", "%m/%d/%Y", "2024-01-31"),
        ("31.1.2024", "%d.%m.%Y", "2024-01-31"),
        ("2024-01-31", "%d.%m.%Y", "2024-01-31"),
        ("31.01.2024", ["%m/%d/%Y", "%d.%m.%Y"], "2024-01-31"),
        ("31-JAN-2024", "%d-%b-%Y", "2024-01-31"),
        ("31.01.2024 14:30", "%d.%m.%Y %H:%M", "2024-01-31"),
        ("1.2.49", "%d.%m.%y", "2049-02-01"),
        ("1.2.50", "%d.%m.%y", "1950-02-01"),
        ("1.2.99", ["%d.%m.%Y", "%d.%m.%y"], "1999-02-01"),
        ("1.2.2099", ["%d.%m.%y", "%d.%m.%Y"], "2099-02-01"),
        ("1900-01-01", None, None),
        ("1899-12-31", None, None),
        ("n/A", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_day_is_what_its_text_means(text: str, forms: Any, day: str | None) -> None:
    words = {"dateFormat": forms} if forms else {}
    assert meant("started_on", text, **words) == (D(day) if day else None, [])
    source = {"source": {"format": forms}} if forms else {}
    assert meant("started_on", text, **source) == (D(day) if day else None, [])


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("31.01.2024", "%Y-%m-%d"),
        ("2023-02-29", "%Y-%m-%d"),
        ("2024-01-31 08:00", "%Y-%m-%d"),
        ("1.2.24", "%d.%m.%Y"),
        ("abcd-ef-gh", "%Y-%m-%d"),
        ("soon", "%d.%m.%y"),
    ],
)
def test_no_day_is_guessed(text: str, forms: str) -> None:
    assert meant("started_on", text, dateFormat=forms) == (None, ["not_a_date"])


def test_births_of_two_digits_are_past() -> None:
    words = {"dateFormat": "%d.%m.%y"}
    assert meant("born_on", "1.2.55", **words)[0] == D("1955-02-01")
    assert meant("born_on", "1.2.26", **words)[0] == D("2026-02-01")
    assert meant("born_on", "1.6.26", **words)[0] == D("1926-06-01")


def test_an_end_in_a_far_year_is_open_and_none_is_before_1900() -> None:
    assert meant("ended_on", "2199-12-30")[0] == D("2199-12-31")
    for text in ("2200-01-01", "9999-12-31", "1900-01-01"):
        assert meant("ended_on", text) == (None, [])


def test_the_exit_day_is_the_last_of_work_or_the_first_without() -> None:
    assert meant("ended_on", "2024-12-31")[0] == D("2025-01-01")
    gone = {"say": {"exit_day": "gone"}}
    assert meant("ended_on", "2024-12-31", **gone)[0] == D("2024-12-31")


LOOSE = {"source": {"bareNumber": False}}
GERMAN = {"decimalChar": ",", "groupChar": "."}
ENGLISH = {"groupChar": ","}


@pytest.mark.parametrize(
    ("text", "words", "number"),
    [
        ("12.5", {}, "12.50"),
        ("-12", {}, "-12"),
        ("+12", {}, "12"),
        ("12.50-", {}, "-12.50"),
        ("\u221212", {}, "-12"),
        ("$69,222.18", LOOSE | ENGLISH, "69222.18"),
        ("$-2222.85", LOOSE, "-2222.85"),
        ("-$2222.85", LOOSE, "-2222.85"),
        ("(12.50)", LOOSE, "-12.50"),
        ("€ (12.50)", LOOSE, "-12.50"),
        ("4 250.00 EUR", LOOSE | {"groupChar": " "}, "4250"),
        ("4\u202f250", {"groupChar": " "}, "4250"),
        ("4\u2019250", {"groupChar": "'"}, "4250"),
        ("12.345,67", GERMAN, "12345.67"),
        ("1.234.567", GERMAN, "1234567"),
        ("12345,6", GERMAN, "12345.60"),
        ("1,00,000", ENGLISH, "100000"),
        ("-", {}, None),
    ],
)
def test_a_number_is_what_its_text_means(
    text: str, words: Row, number: str | None
) -> None:
    expected = Decimal(number) if number else None
    assert meant("line_amount", text, **words) == (expected, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12,5", {}),
        ("1e3", {}),
        ("1_000", {}),
        ("$12", {}),
        ("1,2,3", ENGLISH),
        ("12.34", GERMAN),
        ("12.345", {"decimalChar": ","}),
        ("10-12", LOOSE),
        ("EUR", LOOSE),
        ("Fr.5", LOOSE),
        ("99999999999999999999", {}),
    ],
)
def test_no_number_is_guessed(text: str, words: Row) -> None:
    assert meant("line_amount", text, **words) == (None, ["not_a_number"])


@settings(max_examples=30, deadline=None)
@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["'", " ", ",", "."]))
def test_a_number_is_read_as_it_was_written(number: Decimal, group: str) -> None:
    point = "," if group == "." else "."
    told = f"{number:,.2f}".translate(str.maketrans(",.", group + point))
    words = {"decimalChar": point, "groupChar": group}
    for text, source in ((told, {}), (f"EUR {told}", LOOSE)):
        assert meant("line_amount", text, **words, **source) == (number, [])


@pytest.mark.parametrize(
    ("field", "text", "value", "fault"),
    [
        ("sex", " W ", "female", ""),
        ("sex", "Männlich", "male", ""),
        ("sex", "divers", "other", ""),
        ("sex", "", "blank", ""),
        ("sex", "keine Angabe", "undeclared", ""),
        ("sex", "7", "unmapped", "not_in_value_map"),
        ("is_employed", "Ja", True, ""),
        ("is_employed", "terminated", False, ""),
        ("is_employed", "", None, ""),
        ("is_employed", "perhaps", None, "not_in_value_map"),
        ("exit_kind", "Voluntary", "voluntary", ""),
        ("exit_kind", "fired", None, "not_in_value_map"),
    ],
)
def test_words_are_known(field: str, text: str, value: Any, fault: str) -> None:
    assert meant(field, text) == (value, [fault] if fault else [])


def test_a_value_map_comes_before_all_else() -> None:
    words: Row = {"source": {"values": {"W": "male", "-": "other", "x": None}}}
    assert meant("sex", " w ", **words) == ("male", [])
    assert meant("sex", "-", **words) == ("other", [])
    assert meant("sex", "f", **words) == ("female", [])
    words = {"source": {"values": {"vz": "38.5", "": "10"}}, "decimalChar": ","}
    assert meant("weekly_hours", "VZ", **words) == (Decimal("38.50"), [])
    assert meant("weekly_hours", None, **words) == (Decimal("10.00"), [])
    assert meant("weekly_hours", "20,5", **words) == (Decimal("20.50"), [])
    open_ended = {"source": {"values": {"unbefristet": None}}}
    assert meant("ended_on", "unbefristet", **open_ended) == (None, [])


def test_missing_values_of_a_field_are_besides_those_of_its_table() -> None:
    words = {"source": {"missingValues": ["01.01.1990"]}, "missingValues": ["leer"]}
    for text in ("01.01.1990", "Leer", ""):
        assert meant("started_on", text, **words) == (None, [])
    assert meant("started_on", "n/a", **words) == (None, ["not_a_date"])


def test_a_key_is_joined_generated_or_the_first_that_has_a_value() -> None:
    fields = {
        "person_id": {"joined": ["Firma", "Nr"]},
        "last_name": {"generated": ["Firma", "Name"]},
        "first_name": {"first_of": ["Name", "Nr"]},
        "education_level": {"constant": "Graduate"},
    }
    rows = [
        {"Firma": "A", "Nr": "1", "Name": "ADA"},
        {"Firma": "a", "Nr": "2", "Name": " Ada "},
        {"Firma": "A", "Nr": "3", "Name": "-"},
        {"Firma": "A", "Nr": "", "Name": "Bob"},
    ]
    raw = Raw(mapped(fields), rows)
    people = raw.view("people")
    assert [each["person_id"] for each in people] == ["A/1", "a/2", "A/3"]
    assert [each["first_name"] for each in people] == ["ADA", "Ada", "3"]
    keys = [each["last_name"] for each in people]
    assert keys[0] == keys[1] != keys[2]
    assert {len(each) for each in keys} == {16}
    assert {each["education_level"] for each in people} == {"Graduate"}
    assert raw.faults() == [("person_id", "missing")]


def test_a_column_that_raw_lacks_reads_as_null() -> None:
    fields = PEOPLE | {"sex": "G", "born_on": "B", "first_name": {"first_of": ["A"]}}
    raw = Raw(mapped(fields), [{"Nr": "1"}])
    (person,) = raw.view("people")
    assert [person[n] for n in ("sex", "born_on", "first_name")] == [None] * 3
    assert raw.faults() == []


def test_defaults_stand_where_no_column_does() -> None:
    say = {"company": "Acme", "currency": "EUR", "country": "DE"}
    fields = PEOPLE | {"pay_rate": "P", "pay_period": {"constant": "month"}}
    fields |= {"place": "O", "place_company": "F", "department": "D"}
    raw = Raw(mapped(fields, say), [{"Nr": "1", "P": "5", "O": "B", "F": "A"}])
    (rate,) = raw.view("pay_rates")
    assert (rate["pay_currency"], rate["is_full_time"]) == ("EUR", False)
    assert raw.view("places")[0]["country"] == "DE"
    (assigned,) = raw.view("assignments")
    assert assigned["company"] == "Acme"
    stated = [f for f in compiled.STATED if assigned[f"states_{f}"]]
    assert stated == ["company", "department", "place"]


def test_hours_are_assumed_by_the_kind_of_contract() -> None:
    say = {"weekly_hours": {"Vollzeit": "40"}}
    fields = PEOPLE | {"employment_type": "Art", "weekly_hours": "Std"}
    rows = [
        {"Nr": "1", "Art": "VOLLZEIT", "Std": ""},
        {"Nr": "2", "Art": "Vollzeit", "Std": "35"},
        {"Nr": "3", "Art": "Minijob", "Std": ""},
    ]
    raw = Raw(mapped(fields, say), rows)
    told = [(r["weekly_hours"], r["is_assumed"]) for r in raw.view("contracted_hours")]
    assert told == [(Decimal(40), True), (Decimal(35), False)]
    assert raw.faults() == []


def test_a_line_that_adds_others_up_is_nobody_whatever_is_refused() -> None:
    ids = ["7", "Summe 118", "TOTAL:", "Grand total: 1,204", "Sumner", "Total Tom"]
    raw = Raw(mapped(PEOPLE), [{"Nr": each} for each in ids])
    told = [each["person_id"] for each in raw.view("people")]
    assert told == ["7", "Sumner", "Total Tom"]
    assert raw.faults() == [("", "refused_row")] * 3


def test_refused_rows_give_nothing_but_a_fault() -> None:
    refuse = [{"column": "Name", "values": ["Summe", "vakant", ""]}]
    rows = [{"Nr": n, "Name": name, "B": "x"} for n, name in enumerate(["A", "B"])]
    rows += [{"Nr": "8", "Name": " summe", "B": "x"}, {"Nr": "", "Name": None}]
    raw = Raw(mapped(PEOPLE | {"born_on": "B"}, refuse=refuse), rows)
    assert [each["person_id"] for each in raw.view("people")] == ["0", "1"]
    assert raw.faults() == [("", "refused_row")] * 2 + [("born_on", "not_a_date")] * 2


def test_a_fault_tells_where_it_is_and_not_what() -> None:
    raw = Raw(mapped(PEOPLE | {"born_on": "Geb."}), [{"Nr": "1", "Geb.": "secret"}])
    (fault,) = raw.view("faults")
    assert fault == {
        "source_name": "acme",
        "source_table": "staff",
        "_dlt_load_id": "7",
        "export_key": "",
        "exported_on": D("2026-05-31"),
        "_file_name": "staff.csv",
        "_file_line": 2,
        "field": "born_on",
        "column_name": "Geb.",
        "fault": "not_a_date",
    }


def test_a_row_without_what_it_needs_gives_none_and_a_fault() -> None:
    fields = PEOPLE | {"absent_from": "A", "absent_to": "B", "leave_type": "C"}
    rows = [
        {"Nr": "1", "A": "2026-01-01", "B": "2026-01-02", "C": "ill"},
        {"Nr": "1", "A": "2026-01-01", "B": "", "C": ""},
        {"Nr": "1", "A": "", "B": "", "C": ""},
        {"Nr": "", "A": "2026-01-01", "B": "2026-01-02", "C": ""},
    ]
    raw = Raw(mapped(fields), rows)
    assert [each["_file_line"] for each in raw.view("absences")] == [2]
    assert raw.faults() == [("absent_to", "missing"), ("person_id", "missing")]


def test_who_has_no_pay_is_no_fault_and_pay_without_a_period_is() -> None:
    fields = PEOPLE | {"pay_rate": "P", "pay_period": "Q", "pay_currency": "W"}
    rows = [
        {"Nr": "1", "P": "", "Q": "", "W": "EUR"},
        {"Nr": "2", "P": "5", "Q": "", "W": "EUR"},
    ]
    raw = Raw(mapped(fields), rows)
    assert raw.view("pay_rates") == []
    assert raw.faults() == [("pay_period", "missing")]


@pytest.mark.parametrize(
    ("shape", "field", "needs"),
    [
        ("history", "effective_from", {}),
        ("leavers", "ended_on", {}),
        ("events", "event", {"effective_from": "V"}),
    ],
)
def test_a_shape_needs_its_field_in_each_row(
    shape: str, field: str, needs: Row
) -> None:
    rows = [{"Nr": "1", "X": "", "V": "2024-01-01"}]
    rows += [
        {"Nr": "2", "X": {"event": "hire"}.get(field, "2024-01-01"), "V": rows[0]["V"]}
    ]
    raw = Raw(mapped(PEOPLE | {field: "X"} | needs, shape=shape), rows)
    assert [each["person_id"] for each in raw.view("employments")] == ["2"]
    assert raw.faults() == [(field, "missing")]


def test_dated_rows_hold_from_to_and_others_on_the_day_of_their_export() -> None:
    fields = PEOPLE | {"effective_from": "V", "department": "D"}
    until = {"effective_to": {"from": "B", "is_last_day": "true"}}
    rows = [
        {"Nr": "1", "V": "1900-01-01", "B": "2024-06-30", "D": "x"},
        {"Nr": "1", "V": "2024-07-01", "B": "9999-12-31", "D": "y"},
    ]
    raw = Raw(mapped(fields | until, shape="history"), rows)
    told = [
        (r["effective_from"], r["effective_to"], r["observed_on"])
        for r in raw.view("assignments")
    ]
    assert told == [
        (D("1900-01-01"), D("2024-07-01"), None),
        (D("2024-07-01"), None, None),
    ]
    raw = Raw(mapped(PEOPLE | {"department": "D"}), [{"Nr": "1", "D": "x"}])
    (row,) = raw.view("assignments")
    assert (row["effective_from"], row["observed_on"]) == (None, D("2026-05-31"))


@pytest.mark.parametrize(
    ("form", "name", "day"),
    [
        ("%Y-%m", "staff_2024-05.csv", "2024-05-31"),
        ("%Y-%m", "inbox/2020-01/staff2_2024_02_v3.csv.gz", "2024-02-29"),
        ("%Y", "staff 2024.xlsx", "2024-12-31"),
        ("%Y%m%d", "staff20240531120000.csv", None),
        ("%Y%m%d", "staff20240531.csv", "2024-05-31"),
        ("%d.%m.%Y", "staff_31-05-2024.csv", "2024-05-31"),
        ("%m%y", "staff_0524.csv", "2024-05-31"),
        ("%Y-%m-%d", "staff_2024-02-31.csv", None),
        ("%Y-%m", "staff.csv", None),
    ],
)
def test_a_files_name_tells_the_day_of_its_export(
    form: str, name: str, day: str | None
) -> None:
    mapping = mapped(PEOPLE, shape="snapshots", exported={"file_name": form})
    raw = Raw(mapping, [{"Nr": "1", "_file_name": name}])
    found = [each["exported_on"] for each in raw.view("employments")]
    assert found == ([D(day)] if day else [])
    assert raw.faults() == ([] if day else [("exported_on", "missing")])


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2024-02", None, "2024-02-29"),
        ("2024", None, "2024-12-31"),
        ("2024-05-15", None, "2024-05-15"),
        ("02/2024", "%m/%Y", "2024-02-29"),
        ("15.05.2024", "%d.%m.%Y", "2024-05-15"),
        ("Q1", None, None),
    ],
)
def test_a_column_tells_the_period_of_its_row(
    text: str, form: str | None, day: str | None
) -> None:
    exported: Row = {"column": "Stand"} | ({"format": form} if form else {})
    raw = Raw(
        mapped(PEOPLE, shape="periods", exported=exported), [{"Nr": "1", "Stand": text}]
    )
    found = raw.view("employments")
    assert [(e["observed_on"], e["export_key"]) for e in found] == (
        [(D(day), day)] if day else []
    )
    assert raw.faults() == ([] if day else [("exported_on", "not_a_date")])


def test_an_export_without_a_day_tells_of_the_local_day_it_was_loaded() -> None:
    for zone, day in (("", "2026-06-01"), ("Asia/Kolkata", "2026-06-02")):
        say = {"time_zone": zone} if zone else {}
        mapping = mapped(PEOPLE, say, shape="reference")
        raw = Raw(mapping, [{"Nr": "1"}])
        assert raw.view("table_exports")[0]["exported_on"] == D(day)


@pytest.mark.parametrize(
    ("shape", "replaces", "key"),
    [
        ("snapshots", "all", "2024-05-31"),
        ("snapshots", "same_file", "2024-05-31/staff_-"),
        ("snapshots", "nothing", "7"),
        ("reference", "all", ""),
        ("reference", "same_file", "/staff_-"),
        ("reference", "nothing", "7"),
    ],
)
def test_an_export_replaces_what_has_its_key(
    shape: str, replaces: str, key: str
) -> None:
    mapping = mapped(
        PEOPLE | {"sex": "G"},
        shape=shape,
        replaces=replaces,
        exported={"file_name": "%Y-%m"},
    )
    rows = [{"Nr": n, "_file_name": "in/Staff_2024-05.csv"} for n in ("1", "2")]
    raw = Raw(mapping, rows)
    assert {each["export_key"] for each in raw.view("people")} == {key}
    (export,) = raw.view("table_exports")
    assert (export["export_key"], export["absent"]) == (key, "exit")


def test_what_people_say_of_their_department_is_told_once() -> None:
    fields = PEOPLE | {"department": "D", "department_name": "N"}
    rows = [{"Nr": str(n), "D": "1", "N": "Sales"} for n in range(3)]
    rows += [{"Nr": "9", "D": "2", "N": ""}]
    (row,) = Raw(mapped(fields), rows).view("departments")
    assert (row["department_name"], row["_file_line"]) == ("Sales", 2)


def test_a_source_says_what_it_can_tell() -> None:
    say = {"company": "Acme", "known_until": "2026-01-01"}
    (row,) = Raw(mapped(PEOPLE | {"sex": "G"}, say), [{"Nr": "1"}]).view("sources")
    assert (row["source_rank"], row["company"], row["known_until"]) == (
        1,
        "Acme",
        "2026-01-01",
    )
    assert row["has_exits"] is False


def test_loads_are_those_of_all_mappings() -> None:
    (load,) = Raw(mapped(PEOPLE), [{"Nr": "1"}]).view("_dlt_loads")
    assert (load["load_id"], load["source_name"], load["status"]) == ("7", "acme", 0)


def test_with_nothing_loaded_or_mapped_each_view_is_there_and_empty() -> None:
    names = {*contract.tables(), *compiled.OTHERS}
    for mappings in ([], [mapped(PEOPLE)]):
        views = compiled.views(mappings, {})
        assert set(views) == names
        for name, query in views.items():
            found = database().execute(query)
            told = {each[0]: str(each[1]).lower() for each in found.description}
            assert [*told] == [*compiled.types_of(name)]
            assert len(found.fetchall()) == (len(mappings) if name == "sources" else 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.booleans())
def test_whatever_is_delivered_is_taken_or_told(texts: list[str], loose: bool) -> None:
    texts = [each.replace("\0", "") for each in texts]
    fields: Row = PEOPLE | {"started_on": "X", "is_employed": "X", "ended_on": "X"}
    fields |= {"line_amount": {"from": "X", "bareNumber": str(not loose).lower()}}
    raw = Raw(
        mapped(fields, {"currency": "EUR"}, groupChar=","),
        [{"Nr": "1", "X": each} for each in texts],
    )
    faults = {(row["_file_line"], row["field"]) for row in raw.view("faults")}
    amounts = {row["_file_line"] for row in raw.view("pay_lines")}
    employed = {
        row["_file_line"]
        for row in raw.view("employments")
        if row["is_employed"] is not None
    }
    blanks = " \t\r\n\u00a0\u2007\u202f\u200b\u2060\ufeff"
    for line, text in enumerate(texts, start=2):
        is_there = text.strip(blanks).lower() not in {
            "",
            "-",
            "--",
            "n/a",
            "na",
            "null",
            "none",
            "#n/a",
        }
        assert ((line in amounts) or ((line, "line_amount") in faults)) == is_there
        assert ((line in employed) or ((line, "is_employed") in faults)) == is_there


NAMES = (
    "Pay_2026-03.csv",
    "pay_2026-03_v2.CSV",
    "pay_2026-02 (1).csv.gz",
    "pay_2026-03_corrected_20260410.xlsx",
    "lohn.berlin.31.02.2026.csv",
    "20260331-lohn.berlin.csv",
    "pay 3-2026.csv",
    "pay\u0662\u0660\u0662\u0666.csv",
    "pay.csv",
    "Staff 31 March 2026 (2).csv",
    "31st of July, 2026.csv",
    "31Mar2026.csv",
    "31 Feb 2026.csv",
    "liste_2026_März.csv",
    "LISTE DEZ 2026.csv",
    "état-août-2026.csv",
    "ÉTAT AOÛT 2026.csv",
    "LISTE MÄRZ 2026.csv",
    "Summary 2026.csv",
    "marketing 31 2026.csv",
    "juniors_2026.csv",
    "sept26.csv",
)


FORMS = [
    *("%Y-%m", "%Y%m%d", "%d%m%Y", "%m%y", "%Y"),
    *("%d %B %Y", "%B %d %Y", "%B %Y", "%Y %B", "%B%y"),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_name_says_the_same_in_sql_and_in_python(form: str) -> None:
    stem, day = compiled._file_stem("name"), compiled._file_day("name", form)
    for name in NAMES:
        found = duckdb.execute(
            f"select {stem}, {day} from (select ? as name)", [f"in.1/{name}"]
        ).fetchone()
        assert found == (file_names.stem(name), file_names.day(name, form)), name


def test_months_are_named_in_several_languages() -> None:
    told = {name: file_names.day(name, "%B %Y") for name in NAMES}
    assert {name: day.month for name, day in told.items() if day} == {
        "Staff 31 March 2026 (2).csv": 3,
        "31st of July, 2026.csv": 7,
        "31Mar2026.csv": 3,
        "31 Feb 2026.csv": 2,
        "LISTE DEZ 2026.csv": 12,
        "état-août-2026.csv": 8,
        "ÉTAT AOÛT 2026.csv": 8,
        "LISTE MÄRZ 2026.csv": 3,
    }
