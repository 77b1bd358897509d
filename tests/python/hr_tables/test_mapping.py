"""Mappings: what is read, and what is said of what is wrong."""

from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from environment.errors import ConfigurationError
from ingestion.hr_tables import mapping as mappings
from ingestion.hr_tables.mapping import Mapping, raw_column

HEAD = "version: 1\nsay: {currency: EUR}\ntables:\n  staff:\n    files: staff*\n"
SNAPSHOT = HEAD + "    shape: snapshot\n    fields:\n      person_id: Nr\n"


def parsed(text: str, name: str = "acme") -> Mapping:
    return mappings.parse(dedent(text), Path(f"mappings/{name}.yml"))


def faults(text: str, name: str = "acme") -> list[str]:
    """What is said of a mapping, each as `line: message`."""
    with pytest.raises(ConfigurationError) as raised:
        parsed(text, name)
    lines = str(raised.value).splitlines()
    assert all(line.startswith(f"mappings/{name}.yml:") for line in lines)
    return [line.removeprefix(f"mappings/{name}.yml:") for line in lines]


def test_texts_are_taken_as_they_are_written() -> None:
    read = parsed(
        """
        version: 1
        say: {country: NO, weekly_hours: {1: 37.5}}
        tables:
          staff:
            files: "staff*"
            shape: list
            headerRows: [3]
            missingValues: ["", NULL, 0]
            fields:
              person_id: 007
              sex: {from: yes, values: {1: male, 02: female, on: }}
              started_on: {from: S, format: "%d.%m.%Y"}
            unused:
        """
    )
    staff = read.tables["staff"]
    assert read.say.country == "NO"
    assert staff.header_rows == (3,)
    assert staff.missing_values == ("", "NULL", "0")
    assert staff.columns == ("007", "yes", "S")
    assert staff.fields["sex"].values == {"1": "male", "02": "female", "on": None}
    assert staff.fields["started_on"].format == ("%d.%m.%Y",)


def test_words_for_dlt_keep_their_types() -> None:
    read = parsed(
        """
        version: 1
        rest_api: {client: {paginator: {limit: 100, last: null}}, on: true, x: "1"}
        tables:
          staff: {resource: staff, shape: snapshot, fields: {person_id: id}}
        """
    )
    assert read.rest_api == {
        "client": {"paginator": {"limit": 100, "last": None}},
        "on": True,
        "x": "1",
    }


def test_all_faults_are_told_at_once_each_with_its_line() -> None:
    told = faults(
        """\
        version: 2
        say: {curency: EUR, country: XQ}
        tables:
          staff:
            files: "staff*"
            shape: snapshot
            fields:
              persn_id: Nr
              sex: {from: G, values: {w: femal}}
              sex: G
          pay:
            files: "pay*"
            shape: periods
            fields: {person_id: Nr, pay_rate: P}
        """
    )
    assert [each.split(" ")[0] for each in told] == [
        "1:",
        "2:",
        "2:",
        "8:",
        "10:",
        "11:",
        "14:",
    ]
    assert "did you mean currency?" in told[2]
    assert "did you mean person_id?" in told[3]
    assert "is said twice, first in line 9" in told[4]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is missing"),
        ("a: [", "is no YAML"),
        ("- a", "begin with `version: 1`"),
        ("version: 1\ntables: {}", "names no table"),
        ("version: 1\ntables: {a: b}", "has to hold words of its own"),
        (SNAPSHOT + "      sex:\n", "sex says nothing"),
        (SNAPSHOT + "      sex: {from: a, constant: male}\n", "not from and constant"),
        (SNAPSHOT + "      sex: {constant: mael}\n", "did you mean male?"),
        (SNAPSHOT + "      gender: G\n", "did you mean sex?"),
        (SNAPSHOT + "      hire_date: H\n", "did you mean started_on?"),
        (SNAPSHOT + "      born_on: {constant: 1.2.1980}\n", "a day written yyyy"),
        (SNAPSHOT + "      born_on: {from: G, format: dd.mm.yyyy}\n", "is not written"),
        (SNAPSHOT + "      born_on: {from: G, format: '%d.%q.%Y'}\n", "cannot be read"),
        (SNAPSHOT + "      born_on: {from: G, format: '%m/%Y'}\n", "no day, month"),
        (SNAPSHOT + "      sex: {from: G, format: '%d.%m.%Y'}\n", "is of dates"),
        (SNAPSHOT + "      sex: {from: G, bareNumber: false}\n", "is of numbers"),
        (SNAPSHOT + "      sex: {from: G, is_last_day: true}\n", "effective_to alone"),
        (SNAPSHOT + "      born_on: {joined: [a, b]}\n", "neither joined nor"),
        (SNAPSHOT + "      sex: {from: G, values: {w: male, ' W': male}}\n", "twice"),
        (SNAPSHOT + "      pay_rate: P\n", "needs pay_period beside it"),
        (SNAPSHOT + "      absent_from: A\n", "needs absent_to beside it"),
        (SNAPSHOT + "      department_name: D\n", "needs department beside it"),
        (SNAPSHOT + "      effective_from: V\n", "is not of shape snapshot"),
        (SNAPSHOT + "    never: [Nr]\n", "Nr is named elsewhere too"),
        (SNAPSHOT + "    unused: [Größe, groesse]\n", "which are one column"),
        (SNAPSHOT + "    exported: {}\n", "needs one of file_name, column and date"),
        (SNAPSHOT + "    exported: {date: 31.5.2026}\n", "a day written yyyy-mm-dd"),
        (SNAPSHOT + "    exported: {file_name: '%m'}\n", "needs a year"),
        (SNAPSHOT + "    exported: {file_name: '%Y%d'}\n", "has a day and no month"),
        (SNAPSHOT + "    exported: {date: 2026-05-31, format: '%Y'}\n", "has a format"),
        (SNAPSHOT + "    encoding: latin-99\n", "is no encoding"),
        (SNAPSHOT + "    groupChar: .\n", "is the same as decimalChar"),
        (SNAPSHOT + "    table: staff\n", "needs one of files, table and resource"),
        (SNAPSHOT.replace("files: staff*", "table: x"), "needs `sql:"),
        (SNAPSHOT.replace("files: staff*", "resource: x"), "needs `rest_api:`"),
        (SNAPSHOT.replace("staff*", "Staff*"), "has capitals"),
        (SNAPSHOT.replace("snapshot", "snapshot5"), "is none of history, periods"),
        (SNAPSHOT.replace("snapshot", "snapshots"), "for shape snapshots"),
        (SNAPSHOT.replace("snapshot", "periods"), "for shape periods"),
        (SNAPSHOT.replace("snapshot", "history"), "needs effective_from"),
        (SNAPSHOT.replace("snapshot", "list"), "needs started_on"),
        (SNAPSHOT.replace("snapshot", "events"), "needs event"),
        (SNAPSHOT.replace("snapshot", "leavers"), "needs ended_on"),
        (SNAPSHOT.replace("person_id", "sex"), "needs person_id"),
        (
            SNAPSHOT.replace("{currency: EUR}", "{}")
            + "      pay_rate: P\n      pay_period: Q\n",
            "or say.currency",
        ),
        (SNAPSHOT.replace("currency: EUR", "currency: DEM"), "ISO 4217"),
        (
            SNAPSHOT.replace("currency: EUR", "time_zone: Europe/Berlim"),
            "Europe/Berlin",
        ),
        (SNAPSHOT.replace("currency: EUR", "rank: 0"), "greater than or equal to 1"),
        (SNAPSHOT.replace("currency: EUR", "known_until: soon"), "last_export, today"),
        (SNAPSHOT.replace("  staff:", "  Staff:"), "lower-case letters"),
        ("name: x\n" + SNAPSHOT, "is not known"),
    ],
)
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    assert any(told in each for each in faults(text)), faults(text)


def test_a_name_of_a_built_in_source_is_refused() -> None:
    assert "rename the file" in faults(SNAPSHOT, "payroll")[0]
    assert "no source can have" in faults(SNAPSHOT, "Acme HR")[0]


def test_a_column_may_be_used_twice() -> None:
    read = parsed(SNAPSHOT + "      employee_number: Nr\n")
    assert read.tables["staff"].columns == ("Nr",)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    for each in (text, SNAPSHOT + text):
        with suppress(ConfigurationError):
            parsed(each)


@given(st.text(min_size=1))
def test_a_raw_column_is_a_name_that_dlt_leaves_as_it_is(name: str) -> None:
    column = raw_column(name)
    assert column.isascii()
    assert column.replace("_", "a").isalnum()
    assert column == column.lower()
    assert not column[0].isdigit()
    assert not column.startswith("_")
    assert raw_column(f" {name} ") == column


def test_headers_of_any_script_have_names_of_their_own() -> None:
    headers = ["Straße", "Prénom", "氏名", "部署", "Имя", "2024", "#", "%"]
    assert [raw_column(each) for each in headers[:2]] == ["strasse", "prenom"]
    assert len({raw_column(each) for each in headers}) == len(headers)


def test_mappings_are_ranked_by_what_they_say_and_then_by_name(tmp_path: Path) -> None:
    for name, rank in (("b", ""), ("c", "rank: 2"), ("a", ""), ("d", "rank: 1")):
        text = SNAPSHOT.replace("currency: EUR", rank)
        (tmp_path / f"{name}.yml").write_text(text, "utf-8")
    assert [m.name for m in mappings.all_in(tmp_path)] == ["d", "c", "a", "b"]
    assert mappings.all_in(tmp_path / "none") == []
    for name in "ab":
        (tmp_path / f"{name}.yml").write_text("x", "utf-8")
    with pytest.raises(ConfigurationError, match=r"(?s)a\.yml.*b\.yml"):
        mappings.all_in(tmp_path)


def gives(shape: str, fields: str, more: str = "", say: str = "") -> set[str]:
    text = f"""
        version: 1
        say: {{{say}}}
        tables:
          t: {{files: t, shape: {shape}, fields: {{{fields}}}{more}}}
        """
    return set(parsed(text).gives("t"))


def test_a_table_gives_what_it_has_fields_of() -> None:
    assert gives("snapshot", "person_id: a") == {"people", "employments"}
    assert gives("snapshot", "person_id: a", say="company: A") == {
        "people",
        "employments",
        "assignments",
    }
    assert gives("snapshot", "person_id: a, sex: b") == {"people", "employments"}
    assert gives(
        "snapshot", "person_id: a, leave_type: l, absent_from: b, absent_to: c"
    ) == {"absences"}
    assert gives("reference", "person_id: a, sex: b") == {"people"}
    assert gives("reference", "department: a, company: b") == {"departments"}
    assert gives("reference", "designation: a") == {"designations"}
    assert "contracted_hours" in gives(
        "snapshot", "person_id: a, employment_type: b", say="weekly_hours: {VZ: 40}"
    )


def test_a_history_gives_employment_where_it_is_alone_or_says_so() -> None:
    fields = "person_id: a, effective_from: b, department: c"
    assert "employments" in gives("history", fields)
    assert "employments" not in gives("history", fields, ", gives_employment: false")
    two = f"""
        version: 1
        tables:
          t: {{files: t, shape: history, fields: {{{fields}}}}}
          u: {{files: u, shape: snapshot, fields: {{person_id: a}}}}
        """
    assert parsed(two).gives("t") == ("assignments",)
