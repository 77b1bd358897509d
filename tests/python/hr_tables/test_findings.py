"""`muster check`: what is broken is found once, where it is, and nothing else is."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.hr_tables import mapping as mappings
from operations.cli import app
from operations.onboard.check import Finding, found
from operations.onboard.findings import BY_NAME, KINDS
from operations.onboard.profile import look_at
from operations.onboard.reading import connect

Files = dict[str, str]

MAPPING = """\
version: 1
say: {country: DE, currency: EUR, time_zone: Europe/Berlin}
tables:
  staff:
    files: "staff*"
    shape: list
    exported: {file_name: "%Y-%m-%d"}
    fields:
      person_id: id
      first_name: first
      last_name: last
      sex: sex
      born_on: born
      started_on: hired
      ended_on: left
      exit_kind: {from: kind, values: {own: voluntary, ours: involuntary}}
    refuse:
      - {column: last, values: [Summe]}
    unused: [FTE]
    never: [religion]
  jobs:
    files: "jobs*"
    shape: history
    gives_employment: false
    dateFormat: "%d/%m/%Y"
    fields:
      person_id: id
      effective_from: from
      effective_to: to
      department: dept
      place: site
      manager_id: boss
      weekly_hours: hours
      pay_rate: salary
      pay_currency: currency
      pay_period: {constant: year}
  departments:
    files: "departments*"
    shape: reference
    fields: {department: dept, department_name: name, parent_department: parent}
  absences:
    files: "absences*"
    shape: snapshot
    gives_employment: false
    fields: {person_id: id, leave_type: type, absent_from: from, absent_to: to}
  headcount:
    files: "headcount*"
    shape: snapshots
    exported: {file_name: "%Y-%m"}
    fields:
      person_id: id
      last_name: name
      born_on: born
"""

SINCE = """\
id,name,born,since
7,Fir,1970-01-01,{}
8,Gum,1971-01-01,{}
"""

FIRST_DAYS = [
    ("2015-01-01", "2016-01-01"),
    ("2015-01-01", "2016-01-01"),
    ("2026-03-01", "2016-01-01"),
    ("2026-03-01", "2016-02-01"),
]

PAY = """\
tables:
  pay:
    files: "pay*"
    shape: payments
    gives_employment: false
    exported: {file_name: "%Y-%m"}
    fields: {person_id: id, line_type: type, line_amount: amount}
"""

MONTH = """\
id,name,born
7,Fir,1970-01-01
8,Gum,1971-01-01
9,Hay,1972-01-01
10,Ivy,1973-01-01
11,Jute,1974-01-01
"""

CLEAN = {
    "staff_2026-06-30.csv": """\
id,first,last,sex,born,hired,left,kind,FTE,religion
1,Ann,Ash,f,1980-01-31,2015-01-01,,,1.0,
2,Bob,Birch,m,1975-05-05,2016-01-01,,,0.5,
3,Cat,Cedar,f,1990-12-12,2018-06-01,2025-12-31,own,1.0,
4,Dan,Doe,m,1988-08-08,2019-01-01,,,1.0,
5,Eve,Elm,w,1999-09-09,2022-03-01,,,1.0,
,Summe,Summe,,,,,,,
""",
    "jobs.csv": """\
id,from,to,dept,site,boss,hours,salary,currency
1,01/01/2015,,D1,Bonn,,40,90000,EUR
2,01/01/2016,13/02/2020,D1,Bonn,1,38.5,50000,EUR
2,13/02/2020,,D2,Bonn,1,38.5,60000,EUR
3,01/06/2018,01/01/2026,D2,Bonn,2,40,40000,EUR
4,01/01/2019,,D2,Bonn,2,40,41000,EUR
5,01/03/2022,,D3,Bonn,2,20,42000,EUR
""",
    "departments.csv": "dept,name,parent\nD1,Board,\nD2,Sales,D1\nD3,Works,D1\n",
    "absences.csv": "id,type,from,to\n1,Sick,2026-03-02,2026-03-04\n",
    "headcount_2026-01.csv": MONTH,
    "headcount_2026-02.csv": MONTH + "12,Kola,1975-01-01\n",
    "headcount_2026-03.csv": MONTH + "13,Lime,1976-01-01\n",
    "headcount_2026-04.csv": MONTH + "14,Moss,1977-01-01\n",
}

STAFF, JOBS, MARCH = "staff_2026-06-30.csv", "jobs.csv", "headcount_2026-03.csv"
DEPARTMENTS, ABSENCES, APRIL = (
    "departments.csv",
    "absences.csv",
    "headcount_2026-04.csv",
)


@dataclass(frozen=True)
class Case:
    """One thing broken: a text of a file, or of the mapping, put in place of another.

    Attributes:
        kind: What has to be found.
        where: File, row and column of each; None for the row where it is of none.
        edits: (file or mapping, old, new); an empty old text replaces all of it, a new
            text of None takes the file away.
        also: Other kinds that follow from the same slip.
    """

    kind: str
    where: Sequence[tuple[str, int, str]]
    edits: Sequence[tuple[str, str, str | None]]
    also: tuple[str, ...] = ()


def one(
    kind: str,
    file: str,
    row: int,
    column: str,
    old: str,
    new: str | None,
    *also: str,
    at: str = "",
) -> Case:
    """A case of one edit, found once."""
    return Case(kind, [(at or file, row, column)], [(file, old, new)], also)


MAP = "mapping"
LEVELS = """\
  levels:
    files: "levels*"
    shape: reference
    fields: {designation: title, worker_category: category, requirement_level: level}
"""
ANN = "1,Ann,Ash,f,1980-01-31,2015-01-01,,,1.0,"
EVE = "5,Eve,Elm,w,1999-09-09,2022-03-01,,,1.0,"
EXIT_KIND = "exit_kind: {from: kind, values: {own: voluntary, ours: involuntary}}"
CAT = "2018-06-01,2025-12-31,own"

CASES = [
    one("unreadable", DEPARTMENTS, 0, "", "", "dept\nD1\n", "parent_unknown"),
    one("unreadable", ABSENCES, 0, "", "", "PK\x03\x04 is a workbook"),
    one("no_file", ABSENCES, 0, "", "", None, at="-"),
    one(
        "no_file",
        MAP,
        0,
        "",
        'files: "absences*"',
        'files: "leave*"',
        "unknown_file",
        at="-",
    ),
    one("no_rows", ABSENCES, 0, "", "", "id,type,from,to\n"),
    one("no_rows", "headcount_2026-05.csv", 0, "", "", "id,name,born\n"),
    one("missing_column", STAFF, 1, "born", ",born,", ",birth,", "unknown_column"),
    one(
        "missing_column",
        JOBS,
        1,
        "hours",
        ",hours,",
        ",hrs,",
        "unknown_column",
        "no_hours",
    ),
    one(
        "no_export_day",
        "headcount_new.csv",
        0,
        "exported_on",
        "",
        MONTH + "18,Rue,1979-01-01\n",
    ),
    Case(
        "no_export_day",
        [("staff.csv", 0, "exported_on")],
        [("staff.csv", "", CLEAN[STAFF]), (STAFF, "", None)],
        ("no_exits",),
    ),
    one(
        "shrunk",
        APRIL,
        0,
        "",
        "9,Hay,1972-01-01\n10,Ivy,1973-01-01\n11,Jute,1974-01-01\n",
        "",
    ),
    one("shrunk", MARCH, 0, "", "", "id,name,born\n7,Fir,1970-01-01\n", "returns"),
    one("unknown_file", "notes.csv", 0, "", "", "a,b\n1,2\n"),
    one("unknown_file", "staf_2026-07-31.csv", 0, "", "", CLEAN[STAFF]),
    one(
        "unknown_column",
        DEPARTMENTS,
        1,
        "head",
        "",
        "dept,name,parent,head\nD1,Board,,1\nD2,Sales,D1,2\nD3,Works,D1,2\n",
    ),
    one(
        "unknown_column",
        ABSENCES,
        1,
        "note",
        "",
        "id,type,from,to,note\n1,Sick,2026-03-02,2026-03-04,\n",
    ),
    one("broken_row", STAFF, 2, "", ANN, ANN + ",more"),
    one("broken_row", DEPARTMENTS, 4, "", "D3,Works", 'D3,"Works'),
    Case(
        "file_twice", [("jobs_copy.csv", 0, "")], [("jobs_copy.csv", "", CLEAN[JOBS])]
    ),
    Case(
        "file_twice",
        [("staff_new_2026-06-30.csv", 0, "")],
        [("staff_new_2026-06-30.csv", "", CLEAN[STAFF])],
    ),
    Case(
        "period_twice",
        [("headcount_new_2026-03.csv", 0, "")],
        [
            (
                "headcount_new_2026-03.csv",
                "",
                MONTH + "13,Lime,1976-01-01\n16,Oak,1980-01-01\n",
            )
        ],
    ),
    Case(
        "period_twice",
        [("headcount_v2_2026-04.csv", 0, "")],
        [("headcount_v2_2026-04.csv", "", MONTH + "15,Nut,1980-01-01\n")],
    ),
    Case(
        "period_twice",
        [("pay_v2_2026-03.csv", 0, "")],
        [
            ("pay_2026-03.csv", "", "id,type,amount\n1,base,4000\n"),
            ("pay_v2_2026-03.csv", "", "id,type,amount\n1,base,4100\n"),
            (MAP, "tables:\n", PAY),
        ],
    ),
    one("gap", "headcount_2026-09.csv", 0, "", "", MONTH + "17,Pine,1978-01-01\n"),
    one(
        "gap",
        "headcount_2025-06.csv",
        0,
        "",
        "",
        MONTH + "19,Sal,1979-01-01\n",
        at="headcount_2026-01.csv",
    ),
    one("damaged_text", DEPARTMENTS, 3, "name", "D2,Sales", "D2,GeschÃ¤ft"),
    one(
        "damaged_text",
        JOBS,
        7,
        "site",
        "5,01/03/2022,,D3,Bonn",
        "5,01/03/2022,,D3,K\ufffdln",
    ),
    one(
        "total_row", STAFF, 7, "first", ",Summe,Summe,", ",Total,,", "no_key", "lacking"
    ),
    one(
        "total_row", DEPARTMENTS, 5, "name", "D3,Works,D1\n", "D3,Works,D1\nD9,Total,\n"
    ),
    one(
        "duplicate_row",
        ABSENCES,
        3,
        "",
        "2026-03-04\n",
        "2026-03-04\n1,Sick,2026-03-02,2026-03-04\n",
    ),
    one(
        "duplicate_row",
        DEPARTMENTS,
        5,
        "",
        "D3,Works,D1\n",
        "D3,Works,D1\nD3,Works,D1\n",
    ),
    one("mixed_order", JOBS, 7, "from", "5,01/03/2022", "5,03/31/2022", "lacking"),
    one("mixed_order", JOBS, 3, "to", "13/02/2020,D1", "02/13/2020,D1"),
    one("not_a_date", STAFF, 2, "born", "1980-01-31", "31.1.80"),
    one("not_a_date", ABSENCES, 2, "to", "2026-03-04", "soon", "lacking"),
    one(
        "not_a_number",
        JOBS,
        2,
        "hours",
        ",40,90000",
        ",full,90000",
        "pay_without_hours",
    ),
    one("not_a_number", JOBS, 5, "salary", ",40000,", ",40k,"),
    one("not_mapped", STAFF, 4, "kind", CAT, "2018-06-01,2025-12-31,retired"),
    one("not_mapped", STAFF, 2, "sex", ",f,1980", ",zz,1980"),
    one("no_key", STAFF, 2, "id", ANN, ANN[1:], "manager_unknown"),
    one("no_key", MARCH, 3, "id", "8,Gum", ",Gum", "returns"),
    one("lacking", STAFF, 6, "hired", "2022-03-01", ""),
    one("lacking", JOBS, 7, "from", "5,01/03/2022", "5,"),
    one("key_twice", MARCH, 7, "id", "13,Lime", "7,Fir2", "other_birth"),
    one(
        "key_twice",
        STAFF,
        6,
        "id",
        EVE,
        EVE.replace("5,Eve", "4,Eve").replace("2022-03-01", "2019-01-01"),
        "other_birth",
    ),
    one("overlap", JOBS, 4, "from", "2,13/02/2020", "2,01/02/2020"),
    one("overlap", JOBS, 7, "from", "5,01/03/2022", "4,01/01/2019"),
    one("backwards", JOBS, 3, "to", "13/02/2020,D1", "13/02/2014,D1"),
    one("backwards", JOBS, 5, "to", "01/01/2026", "01/01/2017"),
    one("future_row", JOBS, 7, "from", "5,01/03/2022", "5,01/03/2032"),
    one("future_row", JOBS, 6, "from", "4,01/01/2019", "4,01/01/2029"),
    one(
        "exit_before_hire",
        STAFF,
        4,
        "left",
        "2025-12-31",
        "2015-12-31",
        "pay_after_exit",
    ),
    one(
        "exit_before_hire",
        STAFF,
        6,
        "left",
        "2022-03-01,,",
        "2022-03-01,2020-01-01,",
        "pay_after_exit",
    ),
    one("exit_to_come", STAFF, 4, "left", "2025-12-31", "2026-12-31"),
    one("exit_to_come", STAFF, 3, "left", "2016-01-01,,", "2016-01-01,2062-01-01,"),
    one("hire_to_come", STAFF, 6, "hired", "2022-03-01", "2026-09-01"),
    one("hire_to_come", STAFF, 2, "hired", "2015-01-01", "2051-01-01"),
    one("exit_not_dated", STAFF, 4, "left", CAT, "2018-06-01,,own", "no_exits"),
    one("born_to_come", STAFF, 2, "born", "1980-01-31", "2080-01-31"),
    one("born_to_come", APRIL, 2, "born", "1970-01-01", "2070-01-01", "other_birth"),
    one("unlikely_age", STAFF, 2, "born", "1980-01-31", "1910-01-31"),
    one("unlikely_age", STAFF, 6, "born", "1999-09-09", "2019-09-09"),
    one("unlikely_age", STAFF, 6, "hired", "2022-03-01", "2009-03-01"),
    Case(
        "other_first_day",
        [(MARCH, 2, "since"), (APRIL, 3, "since")],
        [
            (MAP, "last_name: name\n", "last_name: name\n      started_on: since\n"),
            *(
                (f"headcount_2026-0{month}.csv", "", SINCE.format(*days))
                for month, days in enumerate(FIRST_DAYS, start=1)
            ),
        ],
    ),
    one(
        "returns",
        APRIL,
        7,
        "id",
        "11,Jute,1974-01-01\n",
        "11,Jute,1974-01-01\n12,Kola,1975-01-01\n",
    ),
    Case(
        "returns",
        [(MARCH, 6, "id")],
        [("headcount_2026-02.csv", "11,Jute,1974-01-01\n", "")],
    ),
    one("other_id", APRIL, 2, "id", "7,Fir", "77,Fir"),
    one("other_id", APRIL, 6, "id", "11,Jute", "0011,Jute"),
    Case(
        "id_in_two_cases",
        [(APRIL, 2, "id")],
        [
            ("headcount_2026-01.csv", "7,Fir", "e7,Fir"),
            ("headcount_2026-02.csv", "7,Fir", "e7,Fir"),
            (MARCH, "7,Fir", "e7,Fir"),
            (APRIL, "7,Fir", "E7,Fir"),
        ],
    ),
    one("other_birth", APRIL, 2, "born", "1970-01-01", "1977-01-01"),
    Case(
        "other_birth",
        [(MARCH, 6, "born"), (APRIL, 6, "born")],
        [(MARCH, "1974-01-01", "1994-01-01")],
    ),
    Case("one_sex", [(STAFF, 0, "sex")], [(STAFF, ",m,", ",f,")]),
    Case(
        "one_sex",
        [(STAFF, 0, "sex")],
        [(STAFF, ",m,", ",,"), (STAFF, ",f,", ",,"), (STAFF, ",w,", ",,")],
    ),
    one(
        "two_names",
        DEPARTMENTS,
        5,
        "name",
        "D3,Works,D1\n",
        "D3,Works,D1\nD3,Worx,D1\n",
    ),
    one("two_names", DEPARTMENTS, 4, "name", "D3,Works", "D2,Works"),
    Case(
        "no_exits",
        [("-", 0, "")],
        [
            (STAFF, ",2025-12-31,own", ",,"),
            ("headcount_2026-01.csv", "", None),
            ("headcount_2026-02.csv", "", None),
            (MARCH, "", None),
        ],
    ),
    Case(
        "exit_reason_unknown",
        [(STAFF, 4, "kind")],
        [(MAP, EXIT_KIND, "exit_reason: kind")],
    ),
    Case(
        "no_hours",
        [("-", 0, "hours")],
        [(JOBS, ",40,", ",,"), (JOBS, ",38.5,", ",,"), (JOBS, ",20,", ",,")],
    ),
    one("pay_without_hours", JOBS, 7, "salary", ",20,42000", ",,42000"),
    one("pay_without_hours", JOBS, 6, "salary", ",40,41000", ",,41000"),
    Case(
        "pay_after_exit",
        [(JOBS, 7, "salary")],
        [
            (STAFF, "2022-03-01,,", "2022-03-01,2022-03-02,"),
            (JOBS, "5,01/03/2022", "5,01/04/2022"),
        ],
    ),
    one(
        "pay_after_exit", JOBS, 5, "salary", "3,01/06/2018,01/01/2026", "3,01/06/2026,"
    ),
    one("no_currency", JOBS, 2, "currency", "90000,EUR", "90000,EURO"),
    one("no_currency", JOBS, 7, "currency", "42000,EUR", "42000,XXX"),
    one("pay_not_positive", JOBS, 2, "salary", ",90000,", ",-90000,"),
    one("pay_not_positive", JOBS, 6, "salary", ",41000,", ",0,"),
    one("unlikely_hours", JOBS, 2, "hours", ",40,90000", ",173,90000"),
    one("unlikely_hours", JOBS, 7, "hours", ",20,", ",0,"),
    one("unlikely_fte", STAFF, 2, "FTE", "2015-01-01,,,1.0", "2015-01-01,,,10"),
    one("unlikely_fte", STAFF, 6, "FTE", "2022-03-01,,,1.0", "2022-03-01,,,1.75"),
    one("manager_unknown", JOBS, 7, "boss", "Bonn,2,20", "Bonn,99,20"),
    one("manager_unknown", JOBS, 3, "boss", "Bonn,1,38.5,50000", "Bonn,Ann,38.5,50000"),
    one("manager_circle", JOBS, 2, "boss", "D1,Bonn,,40", "D1,Bonn,2,40"),
    one("manager_circle", JOBS, 6, "boss", "D2,Bonn,2,40,41000", "D2,Bonn,4,40,41000"),
    one("department_circle", DEPARTMENTS, 2, "parent", "D1,Board,", "D1,Board,D2"),
    one("department_circle", DEPARTMENTS, 4, "parent", "D3,Works,D1", "D3,Works,D3"),
    one("parent_unknown", DEPARTMENTS, 4, "parent", "D3,Works,D1", "D3,Works,D0"),
    one("parent_unknown", DEPARTMENTS, 3, "parent", "D2,Sales,D1", "D2,Sales,Board"),
    Case("place_without_country", [(JOBS, 2, "site")], [(MAP, "country: DE, ", "")]),
    Case(
        "place_without_country",
        [(JOBS, 2, "site"), (JOBS, 7, "site")],
        [(MAP, "country: DE, ", ""), (JOBS, "D3,Bonn", "D3,Köln")],
    ),
    Case(
        "evaluation_unknown",
        [("levels.csv", 3, "title")],
        [
            (
                MAP,
                "      place: site\n",
                "      place: site\n      designation: dept\n",
            ),
            (MAP, "  absences:\n", LEVELS + "  absences:\n"),
            ("levels.csv", "", "title,category,level\nD1,A,3\nD4,A,4\n"),
        ],
    ),
    one("absence_backwards", ABSENCES, 2, "to", "2026-03-04", "2026-02-04"),
    one(
        "absence_backwards",
        ABSENCES,
        3,
        "to",
        "2026-03-04\n",
        "2026-03-04\n2,Sick,2026-05-01,2026-04-01\n",
    ),
]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which files are checked."""
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-01T06:00:00Z")


def write(folder: Path, edits: Sequence[tuple[str, str, str | None]] = ()) -> Path:
    """Write the clean files and mapping, with edits."""
    texts: dict[str, str | None] = {MAP: MAPPING, **CLEAN}
    for name, old, new in edits:
        before = texts.get(name) or ""
        assert old in before, f"{old!r} is not in {name}"
        texts[name] = before.replace(old, new or "") if old else new
    (folder / "files").mkdir(parents=True)
    (folder / "mappings").mkdir()
    (folder / "mappings/acme.yml").write_text(str(texts.pop(MAP)), encoding="utf-8")
    for name, text in texts.items():
        if text is not None:
            (folder / "files" / name).write_text(text, encoding="utf-8")
    return folder / "files"


def checked(
    folder: Path, edits: Sequence[tuple[str, str, str | None]]
) -> list[Finding]:
    """What is found in the clean files with edits."""
    files = write(folder, edits)
    return found(mappings.read(folder / "mappings/acme.yml"), files)


def test_clean_files_have_no_finding(tmp_path: Path) -> None:
    assert checked(tmp_path, []) == []


def test_what_is_no_file_of_a_known_kind_is_named(tmp_path: Path) -> None:
    files = write(tmp_path)
    os.mkfifo(files / "staff.csv")
    (files / "old").mkdir()
    (files / "staff.dat").write_text("id\n1\n")
    (files / "~$staff.xlsx").write_text("")

    findings = found(mappings.read(tmp_path / "mappings/acme.yml"), files)

    assert [(f.kind.name, f.file) for f in findings] == [
        ("unknown_file", "old"),
        ("unknown_file", "staff.csv"),
        ("unknown_file", "staff.dat"),
    ]
    assert findings[1].detail.startswith("it is a pipe")
    assert {path.name for path, _ in look_at(files).refused} == {
        "old",
        "staff.csv",
        "staff.dat",
    }


def test_what_memory_has_no_room_for_is_for_its_owner_alone() -> None:
    with connect("100MB") as database:
        told = database.execute("select current_setting('temp_directory')").fetchone()
    folder = Path(str(told[0] if told else ""))
    assert folder.is_absolute()
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{n}-{c.kind}" for n, c in enumerate(CASES)]
)
def test_what_is_broken_is_found_where_it_is(case: Case, tmp_path: Path) -> None:
    findings = checked(tmp_path, case.edits)
    places = [
        (f.file or "-", f.row, f.column) for f in findings if f.kind.name == case.kind
    ]
    assert places == list(case.where)
    others = {f.kind.name for f in findings} - {case.kind}
    assert others <= set(case.also), findings


def test_reasons_for_leaving_without_a_kind_are_listed(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/exit_reasons.csv").write_text("reason,kind\nown,voluntary\n")
    exits = [(ANN, "1,Ann,Ash,f,1980-01-31,2015-01-01,2026-01-31, DIS ,1.0,")]
    exits += [(EVE, "5,Eve,Elm,w,1999-09-09,2022-03-01,2026-01-31,dis,1.0,")]
    # Of whoever is there still, a text is no reason for leaving.
    exits += [("2016-01-01,,,", "2016-01-01,,still here,")]
    edits = [(MAP, EXIT_KIND, "exit_reason: kind"), *((STAFF, *e) for e in exits)]
    found_ = [f for f in checked(tmp_path, edits) if f.kind.name[:6] == "exit_r"]
    assert [(f.row, f.value.strip(), f.detail) for f in found_] == [
        (2, "DIS", "2 rows")
    ]


def test_every_kind_has_a_broken_input() -> None:
    assert {case.kind for case in CASES} == set(BY_NAME)


def test_kinds_are_told_in_one_order(tmp_path: Path) -> None:
    findings = checked(
        tmp_path,
        [(JOBS, ",90000,", ",-1,"), (STAFF, "1980-01-31", "x"), (ABSENCES, "", None)],
    )
    order = [kind.name for kind in KINDS]
    told = [order.index(f.kind.name) for f in findings]
    assert told == sorted(told)
    assert len(set(told)) == 3


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ([], 0),
        ([(JOBS, ",90000,", ",-90000,")], 0),
        ([(ABSENCES, "", "id,type,from,to\n")], 1),
        ([(MAP, "shape: list", "shape: lists")], 2),
    ],
)
def test_exit_code(
    edits: list[tuple[str, str, str | None]],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = write(tmp_path, edits)
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path))
    done = CliRunner().invoke(app, ["check", "acme", str(files)])
    assert done.exit_code == code, done.output


def test_json_has_all_findings_and_no_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write(tmp_path, [(STAFF, "1980-01-31", "x" * 60), (STAFF, "Elm", "ElmÃ¤")])
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path))
    done = CliRunner().invoke(app, ["check", "acme", str(files), "--json"])
    told = json.loads(done.output)
    assert told["counts"] == {"damaged_text": 1, "not_a_date": 1}
    assert told["blocks"] is False
    values = {f["kind"]: f["value"] for f in told["findings"]}
    assert values == {"damaged_text": "", "not_a_date": "x" * 40}
    assert "Elm" not in done.output


def test_a_day_of_its_own_makes_a_file_of_the_same_content_another(
    tmp_path: Path,
) -> None:
    """Of snapshots, nothing may have changed for a month."""
    same = MONTH + "14,Moss,1977-01-01\n"
    assert not checked(tmp_path, [("headcount_2026-05.csv", "", same)])


def test_what_does_not_block_says_where_files_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write(tmp_path, [])
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path))
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / "home"))
    call = ["check", "acme", str(files), "--env", "ci"]
    told = CliRunner().invoke(app, call).output.splitlines()[-1]
    assert str(tmp_path / "home/ci/inbox/acme") in told
    assert told.endswith("muster ingest acme --env ci")
    (tmp_path / "home/ci/inbox").mkdir(parents=True)
    (tmp_path / "home/ci/inbox/acme").symlink_to(files)
    call = ["check", "acme", "--env", "ci"]
    told = CliRunner().invoke(app, call).output.splitlines()[-1]
    assert told == "Next: muster ingest acme --env ci"
