"""A small company in which everything is odd: built once, nobody lost, nobody twice."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import dbt_kit
import duckdb
import pytest
from log_kit import write_load
from second_system_kit import ROWS, copy_of_the_project

from ingestion.frappe_hr.settings import TABLES
from ingestion.log import Log

LOADED = ("2026-09-30T06:00:00Z", "2026-10-31T06:00:00Z")

PEOPLE = """
    with p as (
        select employee_document_id as document, employee_key
        from restricted.people.int_frappe_hr_documents_linked
        inner join restricted.people.int_people_linked
            on person_id = 'frappe_hr:' || person_document_id
        where is_now
    )
"""
"""The people by their Employee documents, for queries."""

# The fixture builds a warehouse, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

Row = dict[str, Any]


def document(doctype: str, name: str, **values: Any) -> Row:
    """A record as it is in raw, entered long ago."""
    blank: Row = {column.name: None for column in TABLES[doctype]}
    stamps = {"creation": "2024-01-10 08:00:00", "modified": "2026-02-10 08:00:00"}
    return blank | {"name": name, "docstatus": 0} | stamps | values


def person(name: str, number: str | None = None, **values: Any) -> Row:
    """An Employee in Sales, born and entered when all others were."""
    usual = {
        "employee_number": number or f"N-{name}",
        "first_name": "P",
        "last_name": name.lower(),
        "date_of_birth": "1985-05-05",
        "date_of_joining": "2024-01-15",
        "status": "Active",
        "company": "Nord Mills",
        "department": "Sales - NM",
        "branch": "Berlin",
        "designation": "Clerk",
    }
    return document("employees", name, **usual | values)


def department(name: str, **values: Any) -> Row:
    return document(
        "departments",
        f"{name} - NM",
        department_name=name,
        company="Nord Mills",
        **values,
    )


def moved(kind: str, name: str, employee: str, on: str, **change: str) -> list[Row]:
    """A submitted promotion or transfer that changed one field, and its row."""
    parent = document(
        f"employee_{kind}s",
        name,
        employee=employee,
        docstatus=1,
        creation="2026-02-20 08:00:00",
        modified="2026-02-20 08:00:00",
        **{"promotion_date" if kind == "promotion" else "transfer_date": on},
    )
    child = {
        "parent": name,
        "parent_modified": parent["modified"],
        "idx": 1,
        "fieldname": change["field"],
        "current": change["before"],
        "new": change["after"],
    }
    return [parent, child]


def first_load() -> dict[str, list[Row]]:
    """The HR system before records were renamed and merged."""
    promotion = moved(
        "promotion",
        "P-1",
        "DUPLICATE",
        "2026-04-01",
        field="designation",
        before="Clerk",
        after="Lead",
    )
    transfer = moved(
        "transfer",
        "T-1",
        "MOVED",
        "2026-03-01",
        field="department",
        before="Sales - NM",
        after="Law - NM",
    )
    return {
        "system_settings": [
            {
                "name": "System Settings",
                "time_zone": "Europe/Berlin",
                "modified": "2024-01-01 08:00:00",
            }
        ],
        "companies": [
            document(
                "companies",
                "Nord Mills",
                abbr="NM",
                country="Germany",
                default_currency="EUR",
            )
        ],
        "branches": [document("branches", "Berlin", branch="Berlin")],
        "leave_applications": [
            document(
                "leave_applications",
                "LEAVE-1",
                employee="JOB-2",
                leave_type="Sick Leave",
                status="Approved",
                docstatus=1,
                from_date="2026-09-01",
                to_date="2026-09-02",
            )
        ],
        "designations": [
            document("designations", each, designation_name=each)
            for each in ("Clerk", "Lead")
        ],
        "departments": [
            department("Sales"),
            department("Law"),
            department("Works"),
            department("Ring A", parent_department="Ring B - NM"),
            department("Ring B", parent_department="Ring A - NM"),
        ],
        "employees": [
            person("LAWYER", department="Law - NM"),
            person("MOVED", department="Law - NM"),
            person("WORKER", department="Works - NM"),
            person("RENAMED", "R1"),
            person("NUMBERLESS", None, employee_number=None),
            person("BOSSED", reports_to="RENAMED"),
            person("DUPLICATE", "D1", designation="Lead"),
            person("SURVIVOR", "D2"),
            person("SWAP"),
            person("BADGE-1", attendance_device_id="BADGE"),
            person("BOTH"),
            person("MAPPED"),
            person("NO-DATE", date_of_joining=None),
            person("YEAR-202", date_of_joining="0202-01-15"),
            person("LEFT", status="Left"),
            person("TYPO", relieving_date="2020-03-31", status="Left"),
            person("CASE", department="sales - nm "),
            person("LOST", department="Nowhere - NM"),
            person("ALONE", company=None),
            person("JOB-1", "TWO-JOBS"),
            person("JOB-2", "TWO-JOBS", date_of_joining="2025-03-01"),
            person("ZERO-1", "0", date_of_birth="1970-01-01"),
            person("ZERO-2", "0", date_of_joining="2025-06-01"),
            person("ONE-1", "11", date_of_birth="1970-01-01"),
            person("ONE-2", "11", date_of_joining="2025-06-01"),
            person("RING", department="Ring A - NM"),
            person("BORN-2090", date_of_birth="2090-01-01"),
        ],
        "employee_promotions": promotion[:1],
        "employee_promotion_details": promotion[1:],
        "employee_transfers": transfer[:1],
        "employee_transfer_details": transfer[1:],
    }


def second_load() -> dict[str, list[Row]]:
    """What is read again, as the HR system moves links along when it renames."""
    saved = {"modified": "2026-10-05 09:00:00"}
    promotion = first_load()["employee_promotions"][0] | {"employee": "SURVIVOR"}
    gone = {
        "Department": ["Law - NM"],
        "Employee": ["RENAMED", "NUMBERLESS"],
    }
    return {
        # The stamp fell back: what arrived later counts.
        "departments": [
            department("Counsel"),
            department("Sales", modified="2025-01-01 08:00:00", disabled=1),
        ],
        "employees": [
            person("LAWYER", department="Counsel - NM"),
            person("WORKER"),
            person("NEW-1", "R1", last_name="renamed", **saved),
            person(
                "NEW-2", None, employee_number=None, last_name="numberless", **saved
            ),
            person("BOSSED", reports_to="NEW-1"),
            # The name was given to somebody else.
            person("SWAPPED", "N-SWAP", last_name="swap"),
            person(
                "SWAP",
                "N-NEW",
                date_of_birth="1999-09-09",
                date_of_joining="2026-09-01",
                creation="2026-08-20 08:00:00",
                **saved,
            ),
            person("SURVIVOR", "D2", designation="Lead", **saved),
            person("BADGE-1", status="Left", relieving_date="2026-06-30", **saved),
            person(
                "BADGE-2",
                attendance_device_id="BADGE",
                date_of_joining="2026-07-15",
                creation="2026-07-10 08:00:00",
                **saved,
            ),
        ],
        "employee_promotions": [promotion],
        "employee_promotion_details": first_load()["employee_promotion_details"],
        "gone_documents": [
            {"doctype": doctype, "name": name, "noticed_at": "2026-10-31 05:00:00"}
            for doctype, names in gone.items()
            for name in names
        ],
        "deleted_documents": [
            document(
                "deleted_documents",
                f"DD-{number}",
                deleted_doctype=doctype,
                deleted_name=name,
                creation="2026-10-05 09:00:00",
            )
            for number, (doctype, name) in enumerate(
                [("Employee", "DUPLICATE"), ("Department", "Works - NM")]
            )
        ],
    }


def punches() -> list[Row]:
    """Eight hours in March and in August, by one badge."""
    return [
        {
            "event_id": f"{month}{kind}",
            "user_id": "BADGE",
            "type": kind,
            "device_time": f"2026-0{month}-04 {hour}:00:00",
            "arrival_time": f"2026-0{month}-04 {hour}:00:01",
        }
        for month in (3, 8)
        for kind, hour in (("IN", "07"), ("OUT", "15"))
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a second HR system."""
    return copy_of_the_project(tmp_path_factory.mktemp("two_systems"))


@pytest.fixture(scope="module")
def parsed_copy(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the copy was parsed into."""
    (project / "demo/company/seeds/same_people.csv").write_text(
        "person_id,same_as_person_id\nsecond_hr:8,frappe_hr:MAPPED\n"
    )
    folder = tmp_path_factory.mktemp("two_systems_parsed")
    dbt_kit.parse(folder, project)
    return folder


@pytest.fixture(scope="module")
def folder(
    project: Path, parsed_copy: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The environment's folder of the company, built."""
    home = tmp_path_factory.mktemp("odd")
    log = Log(home / "dev" / "raw")
    write_load(log, "raw_frappe_hr", first_load(), LOADED[0])
    write_load(log, "raw_second_hr", ROWS, LOADED[0])
    write_load(log, "raw_attendance", {"punches": punches()}, LOADED[0])
    write_load(log, "raw_frappe_hr", second_load(), LOADED[1])
    dbt_kit.dbt(
        [
            *("build", "--exclude-resource-type", "unit_test"),
            *("--indirect-selection", "cautious"),
            *("--select", "+dim_employee_history", "+fct_working_days"),
            *("+rpt_headcount_monthly", "+rpt_set_aside_counts", "+dim_employee"),
            *("+int_working_calendars_derived", "dim_department"),
            *("+int_leaves_conformed", "+ftr_attrition_monthly"),
        ],
        home / "target",
        "dev",
        project=parsed_copy,
        source=project,
        MUSTER_HOME=str(home),
    )
    return home / "dev"


def read(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query, with `p` as the people by their Employee document."""
    with duckdb.connect() as connection:
        for name in ("restricted", "muster"):
            path = folder / f"{name}.duckdb"
            connection.execute(f"attach '{path}' as {name} (read_only)")
        connection.execute("use muster")
        return connection.execute(f"{PEOPLE} {query}").fetchall()


def held_on(folder: Path, document: str, day: str, column: str) -> list[Any]:
    """What the history says of a document's person on a day; a value a period."""
    return [
        value
        for (value,) in read(
            folder,
            f"select {column} from core.dim_employee_history"
            f" inner join p using (employee_key) where document = '{document}'"
            f" and date '{day}' >= effective_from and date '{day}' < effective_to",
        )
    ]


@pytest.mark.parametrize(
    ("document", "day", "column", "value"),
    [
        # Renamed departments: linked anew or not, and named by a transfer.
        ("LAWYER", "2025-06-01", "department", "Counsel"),
        ("LAWYER", "2026-10-01", "department", "Counsel"),
        ("MOVED", "2026-02-01", "department", "Sales"),
        ("MOVED", "2026-10-01", "department", "Counsel"),
        # Merged ones.
        ("WORKER", "2026-10-01", "department", "Sales"),
        # A promotion of a duplicate that was merged.
        ("SURVIVOR", "2026-03-31", "designation", "Clerk"),
        ("SURVIVOR", "2026-04-01", "designation", "Lead"),
        # In other case; in none that there is; under itself.
        ("CASE", "2026-10-01", "department", "Sales"),
        ("LOST", "2026-10-01", "department", "Unassigned"),
        ("ALONE", "2026-10-01", "company", None),
        ("RING", "2026-10-01", "department", "Ring A"),
    ],
)
def test_everybody_is_where_they_are(
    folder: Path, document: str, day: str, column: str, value: str | None
) -> None:
    assert held_on(folder, document, day, column) == [value]


@pytest.mark.parametrize("document", ["NEW-1", "NEW-2"])
def test_who_is_renamed_is_there_once_under_the_first_pseudonym(
    folder: Path, document: str
) -> None:
    former = {"NEW-1": "RENAMED", "NEW-2": "NUMBERLESS"}[document]
    assert read(
        folder,
        "select person_id from p inner join restricted.people.int_people_linked"
        f" using (employee_key) where document = '{document}'",
    ) == [(f"frappe_hr:{former}",)]
    assert len(held_on(folder, document, "2026-10-01", "department")) == 1
    assert read(folder, f"from p where document = '{former}'") == []


def test_who_is_given_a_name_again_is_somebody_else(folder: Path) -> None:
    found = dict(
        read(
            folder,
            "select document, person_id from p"
            " inner join restricted.people.int_people_linked using (employee_key)"
            " where document like 'SWAP%'",
        )
    )
    assert found["SWAPPED"] == "frappe_hr:SWAP"
    assert found["SWAP"].startswith("frappe_hr:SWAP ")


def test_a_renamed_manager_is_still_the_manager(folder: Path) -> None:
    [(manager,)] = read(folder, "select employee_key from p where document = 'NEW-1'")
    assert held_on(folder, "BOSSED", "2026-10-01", "manager_employee_key") == [manager]


def test_a_badge_is_whose_it_was_on_the_day(folder: Path) -> None:
    found = read(
        folder,
        "select document, worked_on, worked_hours from p"
        " inner join working_time.fct_working_days using (employee_key) order by all",
    )
    assert [(who, day) for who, day, _ in found] == [
        ("BADGE-1", date(2026, 3, 4)),
        ("BADGE-2", date(2026, 8, 4)),
    ]
    assert {float(hours) for *_, hours in found} == {8.0}


def test_nobody_counts_twice_and_only_who_cannot_be_believed_is_left_out(
    folder: Path,
) -> None:
    expected = {
        *("LAWYER", "MOVED", "WORKER", "NEW-1", "NEW-2", "BOSSED", "SURVIVOR"),
        *("BADGE-2", "BOTH", "MAPPED", "CASE", "LOST", "JOB-1", "ZERO-1", "ZERO-2"),
        *("SWAP", "SWAPPED"),
        *("ONE-1", "ONE-2", "RING", "BORN-2090", "ALONE"),
    }
    people = read(
        folder,
        "select min(document), count(*) over () from core.dim_employee_history"
        " left join p using (employee_key)"
        " where date '2026-09-30' >= effective_from"
        " and date '2026-09-30' < effective_to group by employee_key",
    )
    found = {document for document, _ in people}
    # One of the other system is nobody's document here.
    assert found - {None} == expected
    assert len(people) == len(expected) + 1
    assert read(
        folder,
        "select sum(headcount) from people.rpt_headcount_monthly"
        " where month_start_on = date '2026-09-01' and department <> 'All'",
    ) == [(len(expected) + 1,)]


def test_leave_on_a_record_that_covers_no_day_is_the_persons(folder: Path) -> None:
    assert read(
        folder,
        "select document, leave_id from restricted.working_time.int_leaves_conformed"
        " inner join p using (employee_key) where document = 'JOB-1'",
    ) == [("JOB-1", "frappe_hr:LEAVE-1")]


def test_what_is_set_aside_is_named(folder: Path) -> None:
    found: dict[str, set[str]] = {}
    for rule, key in read(
        folder,
        "select rule, record_key from restricted.people.int_frappe_hr_set_aside",
    ):
        found.setdefault(rule, set()).add(key)
    assert found == {
        "no_joining_date": {"NO-DATE"},
        "joining_date_not_believable": {"YEAR-202"},
        "left_without_a_date": {"LEFT"},
        "relieved_before_joining": {"TYPO"},
        "two_jobs_at_once": {"JOB-2"},
        "number_of_two_people": {"ONE-1", "ONE-2"},
        "no_employee_number": {"NEW-2", "ZERO-1", "ZERO-2"},
        "unknown_department": {"LOST"},
        "unknown_company": {"ALONE"},
        "birth_date_not_believable": {"BORN-2090"},
        "record_renamed": {"Law - NM", "RENAMED", "NUMBERLESS", "SWAP"},
        "record_merged": {"DUPLICATE", "Works - NM"},
    }
    assert read(
        folder,
        "select source, record_key from restricted.people.int_people_set_aside"
        " where rule = 'identifier_of_several'",
    ) == [("frappe_hr", "11")]


def test_a_second_system_brings_its_organisation_and_its_days_off(folder: Path) -> None:
    assert read(
        folder,
        "select department_path, history.company, history.branch, country, designation"
        " from core.dim_employee_history as history"
        " inner join restricted.people.int_people_linked using (employee_key)"
        " inner join core.dim_department using (department_key)"
        " where person_id = 'second_hr:9'",
    ) == [("Other Mills / Research", "Other Mills", "Vienna", "Austria", "Clerk")]
    assert read(
        folder,
        "select distinct company, department"
        " from features.ftr_attrition_monthly"
        " inner join restricted.people.int_people_linked using (employee_key)"
        " where person_id = 'second_hr:9'",
    ) == [("Other Mills", "Research")]
    assert read(
        folder,
        "select is_working_day"
        " from restricted.working_time.int_working_calendars_derived where"
        " calendar_code = 'AT' and date_on = date '2026-10-26'",
    ) == [(False,)]


def test_the_rules_of_the_house_hold_with_a_second_system(
    project: Path, parsed_copy: Path
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_XDIST_WORKER"}
    environment["MUSTER_PARSED"] = str(parsed_copy)
    done = subprocess.run(  # noqa: S603 - our own command
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("--rootdir", str(project), str(project / "tests/python/test_models.py")),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
