"""Two tellings of who was where: from the ledger, and walked back from the HRIS.

Both answer, as known at an instant, with each person's assignment on any day. They
share no code with each other, nor with the simulation.
"""

import json
import sqlite3
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]
FIELDS = ("company", "department", "branch", "designation", "grade", "employment_type")
Telling = dict[str, list[tuple[date, date, list[Row]]]]
NEVER = date(9999, 12, 31)


def on(telling: Telling, number: str, day: date) -> list[dict[str, str]]:
    """Return the assignments that a telling gives a person on a day."""
    found = []
    for starts, ends, changes in telling.get(number, []):
        if starts <= day < ends:
            state: dict[str, str] = {}
            for change in changes:
                if change["on"] <= day:
                    state[change["field"]] = change["value"]
            found.append(state)
    return found


def days(telling: Telling, number: str) -> set[date]:
    """Return the days on which something begins or ends for a person."""
    spells = telling.get(number, [])
    found = {c["on"] for _, _, changes in spells for c in changes}
    return found | {s for s, _, _ in spells} | {e for _, e, _ in spells}


def from_ledger(folder: Path, at: datetime) -> Telling:
    """Return the truth as known at an instant (naive UTC)."""

    def known(name: str) -> list[Row]:
        rows: list[Row] = pq.read_table(folder / f"{name}.parquet").to_pylist()
        return [
            row
            for row in rows
            if row["recorded_at"] <= at
            and (row["retracted_at"] is None or row["retracted_at"] > at)
        ]

    people = pq.read_table(folder / "people.parquet").to_pylist()
    numbers = {row["person_id"]: row["employee_number"] for row in people}
    changes = defaultdict(list)
    for row in known("assignment_changes"):
        changes[row["employment_id"]].append(row)
    telling: Telling = defaultdict(list)
    for row in known("employments"):
        is_end_known = row["end_recorded_at"] and row["end_recorded_at"] <= at
        states: list[Row] = [
            {"on": row["started_on"], "field": field, "value": row[field] or ""}
            for field in (*FIELDS, "manager")
            if field != "manager"
        ]
        manager = row["manager_person_id"]
        states.append(
            {
                "on": row["started_on"],
                "field": "manager",
                "value": numbers.get(manager, ""),
            }
        )
        for change in sorted(
            changes[row["employment_id"]], key=lambda c: c["effective_on"]
        ):
            is_manager = change["field"] == "manager_person_id"
            value = change["new_value"] or ""
            states.append(
                {
                    "on": change["effective_on"],
                    "field": "manager" if is_manager else change["field"],
                    "value": numbers[int(value)] if is_manager and value else value,
                }
            )
        telling[numbers[row["person_id"]]].append(
            (row["started_on"], row["ended_on"] if is_end_known else NEVER, states)
        )
    return telling


class Hris:
    """The HRIS's documents as they stand at an instant."""

    def __init__(self, path: Path, at: int) -> None:
        self._store = sqlite3.connect(path)
        self._at = at
        self.employees = {row["name"]: row for row in self.documents("Employee")}
        self.transfers = self.documents("Employee Transfer")
        self.promotions = self.documents("Employee Promotion")
        self.copied_by = {
            row["new_employee_id"]: row
            for row in self.transfers
            if row["new_employee_id"] and row["docstatus"] == 1
        }

    def documents(self, doctype: str) -> list[Row]:
        """Return all documents of a doctype, with their children."""
        rows = self._store.execute(
            "select data, children from versions where doctype = ?"
            " and valid_from <= ? and valid_to > ?",
            (doctype, self._at, self._at),
        )
        return [{**json.loads(d), **json.loads(c or "{}")} for d, c in rows]

    def number(self, name: str) -> str:
        """Return the employee number of an Employee, through the copies made of it."""
        while name in self.copied_by:
            name = self.copied_by[name]["employee"]
        return str(self.employees[name]["employee_number"])

    def telling(self) -> Telling:
        """Walk every Employee back through its submitted documents."""
        details: dict[str, list[Row]] = defaultdict(list)
        for document in self.transfers + self.promotions:
            if document["docstatus"] == 1:
                details[document["employee"]] += list(_details(document))
        telling: Telling = defaultdict(list)
        for name, employee in self.employees.items():
            own = details[name]
            starts = self._starts(name, employee, own)
            ends = _date(employee["relieving_date"]) or NEVER
            changes = []
            for field in (*FIELDS, "reports_to"):
                touching = [d for d in own if d["fieldname"] == field]
                changes += _walk(field, touching, employee[field] or "", starts)
            for change in changes:
                if change["field"] == "reports_to":
                    change["field"] = "manager"
                    if change["value"]:
                        change["value"] = self.number(change["value"])
            telling[self.number(name)].append((starts, ends, changes))
        return telling

    def _starts(self, name: str, employee: Row, own: list[Row]) -> date:
        if name in self.copied_by:
            return date.fromisoformat(self.copied_by[name]["transfer_date"])
        moved_company = any(d["fieldname"] == "company" for d in own)
        history = employee["internal_work_history"]
        first = history[0]["from_date"] if moved_company else None
        return date.fromisoformat(first or employee["date_of_joining"])


def _details(document: Row) -> list[Row]:
    on_date = document.get("transfer_date") or document.get("promotion_date")
    is_copy = bool(document.get("create_new_employee_id"))
    base = {"on": _date(on_date), "creation": document["creation"]}
    rows = document.get("transfer_details") or document.get("promotion_details") or []
    found = [{**row, **base} for row in rows if not is_copy]
    company, new_company = document["company"], document.get("new_company")
    if new_company and new_company != company and not is_copy:
        row = {"fieldname": "company", "current": company, "new": new_company}
        found.append({**row, **base})
    return found


def _walk(field: str, details: list[Row], now: str, starts: date) -> list[Row]:
    """Return a field's values by day: the walk-back rule."""
    if not details:
        return [{"on": starts, "field": field, "value": now}]
    first = min(details, key=lambda d: d["creation"])
    rows = [{"on": starts, "field": field, "value": _clean(first["current"])}]
    for detail in sorted(details, key=lambda d: (d["on"], d["creation"])):
        value = _clean(detail["new"])
        rows.append({"on": detail["on"], "field": field, "value": value})
    rows[-1]["value"] = now
    return rows


def _clean(text: str | None) -> str:
    return (text or "").strip()


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
