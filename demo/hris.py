"""The stand-in HRIS's documents: the ledger as Frappe HR would hold it."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from demo import vocabulary as words
from demo.facts import ENDS_ON, Department, Ledger, Plan, Progress
from demo.hris_employees import Names, employee_versions
from demo.instants import SITE_TIME_ZONE, day_text, site_day, to_date, to_day
from demo.timeline import (
    Children,
    Data,
    Snapshot,
    Version,
    add,
    close_store,
    heading,
    open_store,
    versions,
)

_COUNTRIES: Final = {
    "DE": "Germany",
    "AT": "Austria",
    "MU": "Mauritius",
    "GB": "United Kingdom",
    "US": "United States",
}
_HOLIDAYS: Final = (
    ((1, 1), "New Year's Day"),
    ((5, 1), "Labour Day"),
    ((12, 25), "Christmas Day"),
    ((12, 26), "Second Day of Christmas"),
)
_REPORT_EVERY: Final = 2_000


def write(ledger: Ledger, path: Path, on_progress: Progress) -> None:
    """Write the timeline of all documents into a new SQLite file."""
    store = open_store(path)
    names = Names(ledger)
    add(store, _setup(ledger.plan, ledger.departments))
    _write_employees(ledger, names, store, on_progress)
    add(store, _leave_versions(ledger, names))
    on_progress("indexing the HRIS", 0, None)
    close_store(store)


def _write_employees(
    ledger: Ledger, names: Names, store: sqlite3.Connection, on_progress: Progress
) -> None:
    rng = np.random.default_rng([ledger.plan.seed, 11])
    total = len(ledger.employments)
    batch: list[Version] = []
    for done, rows in enumerate(employee_versions(ledger, names, rng)):
        batch += rows
        if len(batch) >= _REPORT_EVERY:
            add(store, batch)
            batch = []
            on_progress("writing the HRIS", min(done, total), total)
    add(store, batch)
    on_progress("writing the HRIS", total, total)


def _setup(plan: Plan, tree: list[Department]) -> Iterator[Version]:
    """Yield what was set up before anyone was imported, and the tree's versions."""
    at = plan.go_live_at
    plain: dict[str, list[tuple[str, Data]]] = {
        "Designation": [
            (name, {"designation_name": name, "description": None})
            for name in words.DESIGNATIONS
        ],
        "Branch": [(row.branch, {"branch": row.branch}) for row in words.BRANCHES],
        "Employment Type": [
            (name, {"employee_type_name": name}) for name in words.EMPLOYMENT_TYPES
        ],
        "Employee Grade": [
            (name, {"default_base_pay": 0.0, "currency": "EUR"})
            for name in words.GRADES
        ],
        "Company": [
            (
                row.company,
                {
                    "company_name": row.company,
                    "abbr": row.abbr,
                    "country": row.country,
                    "default_currency": row.currency,
                    "parent_company": None
                    if row is words.COMPANIES[0]
                    else words.COMPANIES[0].company,
                },
            )
            for row in words.COMPANIES
        ],
        "System Settings": [
            (
                "System Settings",
                {
                    "country": "Germany",
                    "language": "en",
                    "time_zone": SITE_TIME_ZONE,
                    "date_format": "yyyy-mm-dd",
                    "float_precision": 3,
                },
            )
        ],
    }
    for doctype, rows in plain.items():
        for name, data in rows:
            snapshot = Snapshot(at, {**heading(name, at), **data})
            yield from versions(doctype, name, [snapshot])
    yield from _department_versions(tree)
    yield from _holiday_lists(plan)


def _department_versions(tree: list[Department]) -> Iterator[Version]:
    snapshots: dict[str, list[Snapshot]] = defaultdict(list)
    for node in tree:
        created_at = (
            snapshots[node.department][0].at
            if snapshots[node.department]
            else node.recorded_at
        )
        data: Data = {
            **heading(node.department, created_at),
            "department_name": node.department_name,
            "parent_department": node.parent_department or "",
            "company": node.company or words.COMPANIES[0].company,
            "is_group": int(node.is_group),
            "disabled": int(node.is_disabled),
        }
        snapshots[node.department].append(Snapshot(node.recorded_at, data))
    for name, own in snapshots.items():
        yield from versions("Department", name, own)


def _holiday_lists(plan: Plan) -> Iterator[Version]:
    """Yield a holiday list for each country and year, made in December before."""
    for year in range(plan.starts_on.year, ENDS_ON.year + 1):
        made = to_day(date(year - 1, 12, 1))
        at = max(plan.go_live_at, made * 86_400_000_000 + 36_000_000_000)
        holidays = _holidays(year)
        for country in _COUNTRIES.values():
            name = f"{country} {year}"
            data: Data = {
                **heading(name, at),
                "holiday_list_name": name,
                "from_date": f"{year}-01-01",
                "to_date": f"{year}-12-31",
                "total_holidays": len(holidays),
                "weekly_off": None,
            }
            children: Children = {"holidays": holidays}
            yield from versions("Holiday List", name, [Snapshot(at, data, children)])


def _holidays(year: int) -> list[Data]:
    named = {to_day(date(year, *at)): text for at, text in _HOLIDAYS}
    days = range(to_day(date(year, 1, 1)), to_day(date(year + 1, 1, 1)))
    return [
        {
            "holiday_date": day_text(day),
            "description": named.get(day, to_date(day).strftime("%A")),
            "weekly_off": int(day not in named),
        }
        for day in days
        if day in named or (day + 3) % 7 >= 5
    ]


def _leave_versions(ledger: Ledger, names: Names) -> Iterator[Version]:
    """Yield leave applications: open when entered, then decided or taken back."""
    people = {person.person_id: person for person in ledger.people}
    employments = {e.employment_id: e for e in ledger.employments}
    counters: dict[int, int] = defaultdict(int)
    docstatuses = {"Approved": 1, "Rejected": 1, "Cancelled": 2}
    for leave in sorted(ledger.leaves, key=lambda row: (row.recorded_at, row.leave_id)):
        if leave.recorded_at >= ledger.plan.closes_at:
            continue
        employment = employments[leave.employment_id]
        person = people[employment.person_id]
        asked_on = site_day(leave.recorded_at)
        year = to_date(asked_on).year
        counters[year] += 1
        name = f"HR-LAP-{year}-{counters[year]:05d}"
        data: Data = {
            **heading(name, leave.recorded_at),
            "employee": names.of_employment(leave.employment_id, leave.recorded_at),
            "employee_name": f"{person.first_name} {person.last_name}",
            "leave_type": leave.leave_type,
            "company": employment.state["company"],
            "department": employment.state["department"],
            "from_date": day_text(leave.from_on),
            "to_date": day_text(leave.to_on),
            "half_day": int(leave.is_half_day),
            "half_day_date": day_text(leave.from_on) if leave.is_half_day else None,
            "total_leave_days": 0.5
            if leave.is_half_day
            else float(leave.to_on - leave.from_on + 1),
            "status": "Open",
            "posting_date": day_text(asked_on),
            "amended_from": None,
        }
        snapshots = [Snapshot(leave.recorded_at, data)]
        if leave.decided_at is not None and leave.decided_at < ledger.plan.closes_at:
            decided = {"status": leave.status, "docstatus": docstatuses[leave.status]}
            snapshots.append(Snapshot(leave.decided_at, {**data, **decided}))
        yield from versions("Leave Application", name, snapshots)
