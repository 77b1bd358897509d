"""Who was employed where on a day, as it was known at an instant."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

UNASSIGNED = "Unassigned"
UNKNOWN_REGION = "Unknown"

ASSIGNED_FIELDS = (
    "company",
    "department",
    "branch",
    "designation",
    "grade",
    "employment_type",
    "manager_person_id",
)

# Of the countries the demo works in: the sub-region in UN M49, the full-time week, the
# code of Frappe's name, and the name in UN M49.
SUB_REGIONS = {
    "DE": "Western Europe",
    "AT": "Western Europe",
    "GB": "Northern Europe",
    "US": "Northern America",
    "MU": "Sub-Saharan Africa",
}
FULL_TIME_HOURS = {
    "DE": Decimal("40"),
    "AT": Decimal("38.5"),
    "MU": Decimal("45"),
    "GB": Decimal("37.5"),
    "US": Decimal("40"),
}
COUNTRY_CODES = {
    "Germany": "DE",
    "Austria": "AT",
    "United Kingdom": "GB",
    "United States": "US",
    "Mauritius": "MU",
}
COUNTRY_NAMES = {
    "DE": "Germany",
    "AT": "Austria",
    "GB": "United Kingdom of Great Britain and Northern Ireland",
    "US": "United States of America",
    "MU": "Mauritius",
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One field of an employment takes a new value from a day on."""

    effective_on: date
    recorded_at: datetime
    change_id: int
    field: str
    new_value: str | None
    kind: str


@dataclass(frozen=True)
class Employment:
    """One employment of one person: the half-open interval from start to end."""

    employment_id: int
    person_id: int
    started_on: date
    ended_on: date | None
    exit_kind: str | None
    is_rehire: bool
    initial: dict[str, str | None]
    changes: list[Change] = field(default_factory=list)

    def contains(self, day: date) -> bool:
        """Whether the person was employed at the close of the day."""
        if day < self.started_on:
            return False
        return self.ended_on is None or day < self.ended_on

    def is_empty(self) -> bool:
        """Whether the employment contains no day: the person never showed up."""
        return self.ended_on is not None and self.ended_on <= self.started_on


@dataclass(frozen=True)
class ContractedHours:
    """Weekly hours of a person from a day on."""

    effective_on: date
    recorded_at: datetime
    weekly_hours: Decimal


@dataclass(frozen=True)
class State:
    """Where one employed person was on one day, in the words of the reports."""

    person_id: int
    employment_id: int
    company: str | None
    department: str
    branch: str | None
    country: str | None
    region: str
    designation: str
    grade: str | None
    employment_type: str | None
    manager: str | None
    fte: Decimal


def text(value: object) -> str | None:
    """The value without surrounding blanks; nothing where nothing is left."""
    if value is None:
        return None
    return str(value).strip() or None


def rows_of(ledger_dir: Path, table: str) -> list[Row]:
    """Read one table of the ledger; instants are naive UTC."""
    rows: list[Row] = pq.read_table(ledger_dir / f"{table}.parquet").to_pylist()
    return rows


def counts_at(row: Row, as_at: datetime) -> bool:
    """Whether the fact was recorded, and not yet taken back, at the instant."""
    if row["recorded_at"] > as_at:
        return False
    retracted_at = row.get("retracted_at")
    return retracted_at is None or retracted_at > as_at


@dataclass
class Workforce:
    """Everything about the company that was known at one instant."""

    as_at: datetime
    employments: list[Employment]
    employee_numbers: dict[int, str]
    department_labels: dict[str, str]
    branch_countries: dict[str, str]
    company_countries: dict[str, str]
    hours: dict[int, list[ContractedHours]]

    def assignment(self, employment: Employment, day: date) -> dict[str, str | None]:
        """The raw fields in force on a day: the first state, then every change."""
        fields = dict(employment.initial)
        for change in employment.changes:
            if change.effective_on <= day:
                fields[change.field] = change.new_value
        return fields

    def department_label(self, department: str | None) -> str:
        """The label the department has now, whatever it was called then."""
        if department is None:
            return UNASSIGNED
        return self.department_labels.get(department, UNASSIGNED)

    def country(self, branch: str | None, company: str | None) -> str | None:
        """The branch's country, or the company's for those without a branch."""
        if branch is not None and branch in self.branch_countries:
            return self.branch_countries[branch]
        if company is not None:
            return self.company_countries.get(company)
        return None

    def fte(self, person_id: int, country: str | None, day: date) -> Decimal:
        """Contracted weekly hours over full-time hours; 1 without a contract."""
        weekly_hours = None
        for contract in self.hours.get(person_id, []):
            if contract.effective_on <= day:
                weekly_hours = contract.weekly_hours
        if weekly_hours is None or country is None:
            return Decimal("1.0000")
        share = weekly_hours / FULL_TIME_HOURS[country]
        return share.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)

    def state(self, employment: Employment, day: date) -> State:
        """The person's place on a day on which the employment holds."""
        fields = self.assignment(employment, day)
        country = self.country(fields["branch"], fields["company"])
        region = UNKNOWN_REGION if country is None else SUB_REGIONS[country]
        manager = fields["manager_person_id"]
        return State(
            person_id=employment.person_id,
            employment_id=employment.employment_id,
            company=fields["company"],
            department=self.department_label(fields["department"]),
            branch=fields["branch"],
            country=None if country is None else COUNTRY_NAMES[country],
            region=region,
            designation=fields["designation"] or UNASSIGNED,
            grade=fields["grade"],
            employment_type=fields["employment_type"],
            manager=None if manager is None else self.employee_numbers[int(manager)],
            fte=self.fte(employment.person_id, country, day),
        )


def known(ledger_dir: Path, as_at: datetime) -> Workforce:
    """Fold the ledger to what was known at an instant.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC.

    Raises:
        ValueError: two employments of one person overlap, which no truth can do.
    """
    changes: dict[int, list[Change]] = {}
    for row in rows_of(ledger_dir, "assignment_changes"):
        if not counts_at(row, as_at):
            continue
        if row["field"] not in ASSIGNED_FIELDS:
            raise ValueError(f"assignment_changes: unknown field {row['field']}")
        change = Change(
            effective_on=row["effective_on"],
            recorded_at=row["recorded_at"],
            change_id=row["change_id"],
            field=row["field"],
            new_value=text(row["new_value"]),
            kind=row["kind"],
        )
        changes.setdefault(row["employment_id"], []).append(change)

    employments = []
    for row in rows_of(ledger_dir, "employments"):
        if not counts_at(row, as_at):
            continue
        is_end_known = (
            row["end_recorded_at"] is not None and row["end_recorded_at"] <= as_at
        )
        of_employment = changes.get(row["employment_id"], [])
        of_employment.sort(key=lambda c: (c.effective_on, c.recorded_at, c.change_id))
        employments.append(
            Employment(
                employment_id=row["employment_id"],
                person_id=row["person_id"],
                started_on=row["started_on"],
                ended_on=row["ended_on"] if is_end_known else None,
                exit_kind=row["exit_kind"] if is_end_known else None,
                is_rehire=row["is_rehire"],
                initial={name: text(row[name]) for name in ASSIGNED_FIELDS},
                changes=of_employment,
            )
        )
    refuse_overlaps(employments)

    labels: dict[str, str] = {}
    versions = rows_of(ledger_dir, "departments")
    for row in sorted(versions, key=lambda version: version["recorded_at"]):
        if counts_at(row, as_at):
            labels[row["department"]] = text(row["department_name"]) or UNASSIGNED

    hours: dict[int, list[ContractedHours]] = {}
    for row in rows_of(ledger_dir, "contracted_hours"):
        if counts_at(row, as_at):
            hours.setdefault(row["person_id"], []).append(
                ContractedHours(
                    row["effective_on"], row["recorded_at"], row["weekly_hours"]
                )
            )
    for of_person in hours.values():
        of_person.sort(key=lambda h: (h.effective_on, h.recorded_at))

    return Workforce(
        as_at=as_at,
        employments=employments,
        employee_numbers={
            row["person_id"]: row["employee_number"]
            for row in rows_of(ledger_dir, "people")
        },
        department_labels=labels,
        branch_countries=countries(rows_of(ledger_dir, "branches"), "branch"),
        company_countries=countries(rows_of(ledger_dir, "companies"), "company"),
        hours=hours,
    )


def countries(rows: Iterable[Row], key: str) -> dict[str, str]:
    """The ISO code of each place's country, given as a code or a name."""
    codes = {}
    for row in rows:
        country = text(row["country"])
        if country is not None:
            codes[row[key]] = COUNTRY_CODES.get(country, country)
    return codes


def refuse_overlaps(employments: Iterable[Employment]) -> None:
    """Fail where one person holds two employments at once."""
    by_person: dict[int, list[Employment]] = {}
    for employment in employments:
        if not employment.is_empty():
            by_person.setdefault(employment.person_id, []).append(employment)
    for person_id, held in by_person.items():
        held.sort(key=lambda e: e.started_on)
        for earlier, later in pairwise(held):
            if earlier.ended_on is None or earlier.ended_on > later.started_on:
                raise ValueError(
                    f"person {person_id} holds employments {earlier.employment_id} "
                    f"and {later.employment_id} at once"
                )


def assignments_on(ledger_dir: Path, day: date, as_at: datetime) -> dict[str, State]:
    """Everybody employed at the close of a day, by employee number.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        day: the day asked about.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    workforce = known(ledger_dir, as_at)
    return {
        workforce.employee_numbers[employment.person_id]: workforce.state(
            employment, day
        )
        for employment in workforce.employments
        if employment.contains(day)
    }
