"""The demo company's people as each shape of export has them: a function for each.

Each takes the truth, the folder to write to and the exporter's code. The code begins
every number of a person and ends every department's name, so that the people of many
exports can be in one warehouse and none is taken for another.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import xlsxwriter

from shapes.truth import (
    AS_AT,
    FIRST_MONTH,
    LAST_MONTH,
    ONE_DAY,
    REASONS,
    Fields,
    Person,
    Stay,
    Truth,
    month_end,
    month_ends,
)

Rows = Iterable[Sequence[object]]

OPEN = date(9999, 12, 31)
EVE = FIRST_MONTH - ONE_DAY
LAST_DAY = month_end(LAST_MONTH)
CURRENCIES = {
    "Harbour Group GmbH": "EUR",
    "Harbour UK Ltd": "GBP",
    "Harbour Inc": "USD",
}

LETTERS = {"female": "F", "male": "M", "other": "X", "undeclared": ""}
WORDS = {"female": "Female", "male": "Male", "other": "Other", "undeclared": ""}
GERMAN_LETTERS = {"female": "w", "male": "m", "other": "d", "undeclared": ""}

SNAPSHOT_DAYS = [day for day in month_ends(EVE, LAST_MONTH) if day != date(2025, 8, 31)]
"""The workbooks that were kept: one a month, but for August 2025."""

PROJECT_DAY = date(2026, 3, 15)
PROJECT_TITLES = ("Operator", "Senior Operator", "Specialist", "Senior Specialist")
"""Whose job a partial snapshot tells: those who bear one of these titles."""

LIST_DAYS = [date(2025, 12, 31), LAST_DAY]
PAY_MONTHS = month_ends(date(2025, 7, 1), LAST_MONTH)


def number(code: str, person: str | None) -> str:
    """A person's number in an export."""
    return f"{code}{person}" if person else ""


def department(code: str, name: str | None) -> str:
    """A department's name in an export."""
    return f"{name} {code}".rstrip() if name else ""


def company(code: str, name: str | None) -> str:
    """A company's name in an export."""
    return f"{name} {code}".rstrip() if name else ""


def write(path: Path, header: Sequence[str], rows: Rows, **dialect: Any) -> None:
    """Write a CSV file; an encoding may be among what is said of it."""
    encoding = dialect.pop("encoding", "utf-8")
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, **dialect)
        writer.writerow(header)
        writer.writerows(rows)


def reason(stay: Stay) -> str:
    """Why somebody left, in the system's own words."""
    return REASONS[stay.exit_kind] if stay.exit_kind else ""


def last_day(stay: Stay) -> date | None:
    """The last day of work of an employment that is over."""
    return None if stay.ended_on is None else stay.ended_on - ONE_DAY


def yearly_pay(grade: str | None) -> Decimal:
    """The yearly pay of a grade, which no table of the ledger has."""
    return Decimal(24_000 + 6_000 * int((grade or "G0")[1:])) + Decimal("0.50")


# What an effective-dated system has, as files or in a database.

HISTORY: dict[str, dict[str, Any]] = {
    "people": {
        "emp_no": sa.Text,
        "first_name": sa.Text,
        "last_name": sa.Text,
        "sex": sa.Text,
        "birth_date": sa.Date,
        "first_hired": sa.Date,
    },
    "employments": {
        "emp_no": sa.Text,
        "from_date": sa.Date,
        "to_date": sa.Date,
        "leaving_reason": sa.Text,
    },
    "jobs": {
        "emp_no": sa.Text,
        "company": sa.Text,
        "dept_no": sa.Text,
        "site": sa.Text,
        "title": sa.Text,
        "grade": sa.Text,
        "contract": sa.Text,
        "boss_no": sa.Text,
        "from_date": sa.Date,
        "to_date": sa.Date,
    },
    "hours": {
        "emp_no": sa.Text,
        "hours_per_week": sa.Numeric(5, 2),
        "from_date": sa.Date,
        "to_date": sa.Date,
    },
    "pay": {
        "emp_no": sa.Text,
        "salary": sa.Numeric(12, 2),
        "currency": sa.Text,
        "from_date": sa.Date,
        "to_date": sa.Date,
    },
    "departments": {
        "dept_no": sa.Text,
        "dept_name": sa.Text,
        "parent_no": sa.Text,
    },
    "sites": {
        "site": sa.Text,
        "company": sa.Text,
        "country": sa.Text,
    },
}
"""The tables and the columns of each."""


def history_rows(truth: Truth, code: str) -> dict[str, list[list[Any]]]:
    """The rows of each table; whatever still holds ends on 31 December 9999."""
    hired: dict[str, date] = {}
    for stay in truth.stays:
        hired[stay.number] = min(stay.started_on, hired.get(stay.number, OPEN))
    rows: dict[str, list[list[Any]]] = {name: [] for name in HISTORY}
    for person in truth.people.values():
        rows["people"].append(
            [
                number(code, person.number),
                person.first_name,
                person.last_name,
                LETTERS[person.sex],
                person.born_on,
                hired[person.number],
            ]
        )
    for stay in truth.stays:
        own = number(code, stay.number)
        end = stay.ended_on or OPEN
        rows["employments"].append([own, stay.started_on, end, reason(stay)])
        for job in stay.jobs:
            fields = job.fields
            rows["jobs"].append(
                [
                    own,
                    company(code, fields["company"]),
                    fields["department"],
                    fields["branch"],
                    fields["designation"],
                    fields["grade"],
                    fields["employment_type"],
                    number(code, fields["manager"]),
                    job.from_on,
                    job.to_on or OPEN,
                ]
            )
            rows["pay"].append(
                [
                    own,
                    yearly_pay(fields["grade"]),
                    CURRENCIES[fields["company"] or ""],
                    job.from_on,
                    job.to_on or OPEN,
                ]
            )
        for spell in stay.hours:
            weekly = Decimal(spell.fields["weekly_hours"] or 0)
            rows["hours"].append([own, weekly, spell.from_on, spell.to_on or OPEN])
    for name, label in truth.workforce.department_labels.items():
        rows["departments"].append([name, department(code, label), None])
    for branch, country in truth.workforce.branch_countries.items():
        rows["sites"].append([branch, None, country])
    return rows


def history(truth: Truth, folder: Path, code: str) -> None:
    """Effective-dated files, each with the first day and the first day no more."""
    for table, rows in history_rows(truth, code).items():
        write(folder / f"{table}.csv", list(HISTORY[table]), rows)


def database(truth: Truth, url: str, code: str) -> None:
    """The same in a database: tables, and of those who have a job a view."""
    engine = sa.create_engine(url)
    metadata = sa.MetaData()
    names = {table: f"hr_{table}" for table in HISTORY} | {"jobs": "hr_job_rows"}
    tables = {
        table: sa.Table(
            names[table],
            metadata,
            *(sa.Column(name, kind) for name, kind in columns.items()),
        )
        for table, columns in HISTORY.items()
    }
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            for table, rows in history_rows(truth, code).items():
                named = [dict(zip(HISTORY[table], row, strict=True)) for row in rows]
                connection.execute(sa.insert(tables[table]), named)
            view = "create view hr_jobs as select * from hr_job_rows"
            connection.execute(sa.text(view))
    finally:
        engine.dispose()


def american(day: date | None) -> str:
    """A day as it is written in the United States."""
    return "" if day is None else day.strftime("%m/%d/%Y")


def german_day(day: date | None) -> str:
    """A day as it is written in Germany."""
    return "" if day is None else day.strftime("%d.%m.%Y")


def periods(truth: Truth, folder: Path, code: str) -> None:
    """One file with a row for each person and month, and one for whoever left in it."""
    header = [
        *("EmployeeID", "Month", "STATUS", "HireDate", "TermDate", "TermReason"),
        *("Gender", "BirthDate", "Company", "Department", "JobTitle", "City"),
        *("Contract", "WeeklyHours"),
    ]
    rows: list[list[object]] = []
    for day in month_ends(EVE, LAST_MONTH):
        for stay in truth.stays:
            left = stay.ended_on is not None and (
                day.replace(day=1) <= stay.ended_on <= day
            )
            if not stay.contains(day) and not left:
                continue
            person = truth.people[stay.number]
            job = stay.job(day)
            end = last_day(stay) if left else date(1900, 1, 1)
            rows.append(
                [
                    number(code, stay.number),
                    day.strftime("%m/%Y"),
                    "TERMINATED" if left else "ACTIVE",
                    american(stay.started_on),
                    american(end),
                    reason(stay) if left else "Not Applicable",
                    LETTERS[person.sex],
                    american(person.born_on),
                    company(code, job["company"]),
                    department(code, job["department"]),
                    job["designation"],
                    job["branch"],
                    job["employment_type"],
                    stay.weekly_hours(day),
                ]
            )
    write(folder / "employee_months.csv", header, rows)


def workbook(path: Path, title: str, header: Sequence[str], rows: Rows) -> None:
    """Write a workbook: a title above the table, days as days, and a hidden sheet."""
    with xlsxwriter.Workbook(str(path)) as book:
        day_format = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet("Staff")
        hidden = book.add_worksheet("Lists")
        hidden.hide()
        hidden.write_column(0, 0, ["Female", "Male", "Other"])
        sheet.write(0, 0, title)
        sheet.write_row(2, 0, header)
        for line, row in enumerate(rows, start=3):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(line, column, value, day_format)
                elif value not in (None, ""):
                    sheet.write(line, column, value)


def snapshots(truth: Truth, folder: Path, code: str) -> None:
    """A workbook a month of who is there, and one of some jobs in March 2026."""
    header = [
        *("Staff No", "Surname", "Given name", "Sex", "Born", "Joined"),
        *("Entity", "Dept", "Job title", "Location", "Grade", "Hours"),
    ]
    for day in SNAPSHOT_DAYS:
        rows: list[list[object]] = []
        for stay in truth.present(day):
            person, job = truth.people[stay.number], stay.job(day)
            hours = stay.weekly_hours(day)
            rows.append(
                [
                    number(code, stay.number),
                    person.last_name,
                    person.first_name,
                    WORDS[person.sex],
                    person.born_on,
                    stay.started_on,
                    company(code, job["company"]),
                    department(code, job["department"]),
                    job["designation"],
                    job["branch"],
                    job["grade"],
                    None if hours is None else float(hours),
                ]
            )
        path = folder / f"Headcount {day:%Y-%m}.xlsx"
        workbook(path, f"Headcount at {day:%d %B %Y}", header, rows)
    rows = [
        [
            number(code, stay.number),
            department(code, stay.job(PROJECT_DAY)["department"]),
            stay.job(PROJECT_DAY)["designation"],
        ]
        for stay in truth.present(PROJECT_DAY)
        if stay.job(PROJECT_DAY)["designation"] in PROJECT_TITLES
    ]
    path = folder / f"Project {PROJECT_DAY:%Y-%m-%d}.xlsx"
    workbook(path, "Jobs reviewed", ["Staff No", "Dept", "Job title"], rows)


def today_rows(truth: Truth, code: str) -> Iterator[tuple[Stay, Person, Fields]]:
    """Everybody who is there on the last day, with their job."""
    for stay in truth.present(LAST_DAY):
        yield stay, truth.people[stay.number], stay.job(LAST_DAY)


def today(truth: Truth, folder: Path, code: str) -> None:
    """One export of those who are there, with the days on which they were hired."""
    header = ["ID", "Name", "Sex", "Hired", "Company", "Department", "Title", "Site"]
    rows = [
        [
            number(code, stay.number),
            f"{person.first_name} {person.last_name}",
            LETTERS[person.sex],
            stay.started_on,
            company(code, job["company"]),
            department(code, job["department"]),
            job["designation"],
            job["branch"],
        ]
        for stay, person, job in today_rows(truth, code)
    ]
    write(folder / f"staff_{LAST_DAY:%Y%m%d}.csv", header, rows, delimiter="\t")


def undated(truth: Truth, folder: Path, code: str) -> None:
    """One export of those who are there, without any day and anybody's sex."""
    rows = [
        [
            number(code, stay.number),
            department(code, job["department"]),
            job["designation"],
        ]
        for stay, _, job in today_rows(truth, code)
    ]
    write(folder / "people.csv", ["id", "team", "role"], rows)


def german(truth: Truth, folder: Path, code: str) -> None:
    """A list of all people ever, exported twice, as a German system writes it."""
    header = [
        *("Personalnummer", "Nachname", "Vorname", "Geschlecht", "Geburtsdatum"),
        *("Eintritt", "Austritt", "Austrittsgrund", "Abteilung", "Tätigkeit"),
        *("Standort", "Beschäftigungsart", "Wochenstunden", "Bemerkung", "Konfession"),
    ]
    kinds = {
        "voluntary": "Eigenkündigung",
        "involuntary": "Kündigung durch Arbeitgeber",
        "other": "Ruhestand",
    }
    for day in LIST_DAYS:
        rows: list[list[object]] = []
        for stay in truth.stays:
            if stay.started_on > day:
                continue
            left = stay.ended_on is not None and stay.ended_on <= day + ONE_DAY
            person, job = truth.people[stay.number], stay.job(day)
            hours = stay.weekly_hours(day)
            rows.append(
                [
                    number(code, stay.number),
                    person.last_name,
                    person.first_name,
                    GERMAN_LETTERS[person.sex],
                    german_day(person.born_on),
                    german_day(stay.started_on),
                    german_day(last_day(stay)) if left else "",
                    kinds[stay.exit_kind or "other"] if left else "",
                    department(code, job["department"]),
                    job["designation"],
                    job["branch"],
                    job["employment_type"],
                    (hours or "").replace(".", ","),
                    "geprüft",
                    "",
                ]
            )
        rows.append(["", "Summe", *[""] * 10, str(len(rows)), "", ""])
        path = folder / f"Personalliste_{day:%d%m%Y}.csv"
        write(path, header, rows, delimiter=";", encoding="cp1252")


def actions(truth: Truth, folder: Path, code: str) -> None:
    """A row for each personnel action; what is blank did not change."""
    columns = {
        "company": "company",
        "department": "department",
        "branch": "location",
        "designation": "position",
        "grade": "grade",
        "employment_type": "category",
        "manager": "supervisor",
        "weekly_hours": "weekly hours",
    }
    header = ["worker", "action", "effective", "reason", "sex", "birthday"]
    rows: list[list[object]] = []

    def add(stay: Stay, action: str, on: date, told: Fields, why: str = "") -> None:
        person = truth.people[stay.number]
        is_start = action in ("Hire", "Rehire")
        values = {
            **told,
            "company": company(code, told.get("company")),
            "department": department(code, told.get("department")),
            "manager": number(code, told.get("manager")),
        }
        rows.append(
            [
                number(code, stay.number),
                action,
                on,
                why,
                LETTERS[person.sex] if is_start else "",
                person.born_on if is_start else "",
                *(values.get(name) for name in columns),
            ]
        )

    for stay in truth.stays:
        first = stay.jobs[0].fields
        began = stay.weekly_hours(stay.started_on)
        action = "Rehire" if stay.is_rehire else "Hire"
        add(stay, action, stay.started_on, {**first, "weekly_hours": began})
        for before, after in zip(stay.jobs, stay.jobs[1:], strict=False):
            changed = {
                name: value
                for name, value in after.fields.items()
                if value != before.fields[name]
            }
            assert None not in changed.values(), "an event cannot say nothing"
            is_move = changed.keys() & {"company", "department", "branch"}
            action = "Transfer" if is_move else "Data change"
            add(stay, action, after.from_on, changed)
        for spell in stay.hours:
            if spell.from_on > stay.started_on:
                add(stay, "Hours change", spell.from_on, spell.fields)
        if stay.ended_on is not None:
            add(stay, "Termination", stay.ended_on, {}, reason(stay))
    rows.sort(key=lambda row: (row[2], row[0]))
    write(folder / "actions.csv", [*header, *columns.values()], rows)


def leavers(truth: Truth, folder: Path, code: str) -> None:
    """A list of who is there, and one of who left, with the reasons."""
    header = ["Number", "Sex", "Start", "Department", "Job"]
    here = [
        [
            number(code, stay.number),
            LETTERS[person.sex],
            american(stay.started_on),
            department(code, job["department"]),
            job["designation"],
        ]
        for stay, person, job in today_rows(truth, code)
    ]
    write(folder / "team.csv", header, here)
    left = [
        [
            number(code, stay.number),
            LETTERS[truth.people[stay.number].sex],
            american(stay.started_on),
            american(last_day(stay)),
            reason(stay),
            department(code, stay.job(LAST_DAY)["department"]),
            stay.job(LAST_DAY)["designation"],
        ]
        for stay in truth.stays
        if stay.ended_on is not None and stay.ended_on <= LAST_DAY
    ]
    header = [*header[:3], "Last day", "Why", *header[3:]]
    write(folder / "leavers.csv", header, left)


def paid_in(truth: Truth, day: date) -> dict[str, list[Any]]:
    """The lines of the month that ends on a day, of whoever worked in it.

    Whoever left before gets what was put right later by another way than this list.
    """
    found: dict[str, list[Any]] = {}
    for own, line in truth.lines:
        if line.period_ends_on == day:
            found.setdefault(own, []).append(line)
    first = day.replace(day=1)
    worked = {
        stay.number
        for stay in truth.stays
        if stay.started_on <= day and (stay.ended_on is None or stay.ended_on > first)
    }
    return {own: lines for own, lines in found.items() if own in worked}


def payments(truth: Truth, folder: Path, code: str) -> None:
    """Twelve lists of what was paid, a month each; nobody's days of work."""
    header = [
        *("Payee", "Unit", "Function", "From", "To", "Paid", "Kind", "Text"),
        *("Amount", "Currency", "Hours"),
    ]
    for day in PAY_MONTHS:
        rows: list[list[object]] = []
        for own, lines in paid_in(truth, day).items():
            job = paid_job(truth, own, day)
            rows += [
                [
                    number(code, own),
                    department(code, job["department"]),
                    job["designation"],
                    line.period_starts_on,
                    line.period_ends_on,
                    line.paid_on,
                    line.line_type,
                    line.description,
                    f"{line.amount:,.2f}",
                    line.currency,
                    line.hours or "",
                ]
                for line in lines
            ]
        write(folder / f"pay_{day:%Y-%m}.csv", header, rows)


def paid_job(truth: Truth, own: str, day: date) -> Fields:
    """The job of somebody paid for a month: the last one held in it."""
    held = [s for s in truth.stays if s.number == own and s.started_on <= day]
    return held[-1].job(day)


Exporter = Callable[[Truth, Path, str], None]

EXPORTERS: dict[str, tuple[str, Exporter]] = {
    "actions": ("AC", actions),
    "german": ("GE", german),
    "history": ("HI", history),
    "leavers": ("LE", leavers),
    "payments": ("PA", payments),
    "periods": ("PE", periods),
    "snapshots": ("SN", snapshots),
    "today": ("TO", today),
    "undated": ("UN", undated),
}
"""The code and the function of each export of files, by the name of its mapping."""

DATABASE_CODE = "DB"


def export(truth: Truth, inboxes: Path) -> None:
    """Write every export of files into the inbox of its mapping."""
    assert truth.workforce.as_at == AS_AT
    for name, (code, exporter) in EXPORTERS.items():
        inbox = inboxes / name
        inbox.mkdir(parents=True, exist_ok=True)
        exporter(truth, inbox, code)
