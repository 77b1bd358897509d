"""Small ledgers written by hand, for tests whose answers are worked out by hand."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from oracle.employment import Row

GO_LIVE = datetime(2025, 12, 31, 23, 0)
"""Midnight in Berlin on 1 January 2026, in UTC."""

INSTANT = pa.timestamp("us")

SCHEMAS = {
    "people": pa.schema([("person_id", pa.int64()), ("employee_number", pa.string())]),
    "employments": pa.schema(
        [
            ("employment_id", pa.int64()),
            ("person_id", pa.int64()),
            ("started_on", pa.date32()),
            ("ended_on", pa.date32()),
            ("exit_kind", pa.string()),
            ("is_rehire", pa.bool_()),
            ("company", pa.string()),
            ("department", pa.string()),
            ("branch", pa.string()),
            ("designation", pa.string()),
            ("grade", pa.string()),
            ("employment_type", pa.string()),
            ("manager_person_id", pa.int64()),
            ("recorded_at", INSTANT),
            ("end_recorded_at", INSTANT),
            ("retracted_at", INSTANT),
        ]
    ),
    "assignment_changes": pa.schema(
        [
            ("change_id", pa.int64()),
            ("employment_id", pa.int64()),
            ("effective_on", pa.date32()),
            ("field", pa.string()),
            ("old_value", pa.string()),
            ("new_value", pa.string()),
            ("kind", pa.string()),
            ("recorded_at", INSTANT),
            ("retracted_at", INSTANT),
        ]
    ),
    "contracted_hours": pa.schema(
        [
            ("person_id", pa.int64()),
            ("effective_on", pa.date32()),
            ("weekly_hours", pa.decimal128(5, 2)),
            ("recorded_at", INSTANT),
        ]
    ),
    "departments": pa.schema(
        [
            ("department", pa.string()),
            ("department_name", pa.string()),
            ("parent_department", pa.string()),
            ("recorded_at", INSTANT),
        ]
    ),
    "branches": pa.schema([("branch", pa.string()), ("country", pa.string())]),
    "companies": pa.schema([("company", pa.string()), ("country", pa.string())]),
}


@dataclass
class Ledger:
    """Rows of a ledger in the making; `write` turns them into parquet files."""

    rows: dict[str, list[Row]] = field(
        default_factory=lambda: {table: [] for table in SCHEMAS}
    )

    def place(self, branch: str, country: str) -> None:
        """Add a branch."""
        self.rows["branches"].append({"branch": branch, "country": country})

    def company(self, company: str, country: str) -> None:
        """Add a company."""
        self.rows["companies"].append({"company": company, "country": country})

    def department(
        self,
        department: str,
        label: str,
        recorded_at: datetime = GO_LIVE,
        parent: str | None = None,
    ) -> None:
        """Add a version of a department."""
        self.rows["departments"].append(
            {
                "department": department,
                "department_name": label,
                "parent_department": parent,
                "recorded_at": recorded_at,
            }
        )

    def employment(
        self,
        person_id: int,
        started_on: date,
        ended_on: date | None = None,
        exit_kind: str | None = None,
        *,
        is_rehire: bool = False,
        department: str | None = "Sales - HG",
        branch: str | None = "Berlin",
        company: str | None = "Harbour Group GmbH",
        designation: str | None = "Clerk",
        manager_person_id: int | None = None,
        recorded_at: datetime = GO_LIVE,
        end_recorded_at: datetime | None = None,
        retracted_at: datetime | None = None,
    ) -> int:
        """Add an employment, and the person where new; give back its id."""
        if not any(row["person_id"] == person_id for row in self.rows["people"]):
            self.rows["people"].append(
                {"person_id": person_id, "employee_number": f"E{person_id}"}
            )
        employment_id = len(self.rows["employments"]) + 1
        if ended_on is not None and end_recorded_at is None:
            end_recorded_at = recorded_at
        self.rows["employments"].append(
            {
                "employment_id": employment_id,
                "person_id": person_id,
                "started_on": started_on,
                "ended_on": ended_on,
                "exit_kind": exit_kind,
                "is_rehire": is_rehire,
                "company": company,
                "department": department,
                "branch": branch,
                "designation": designation,
                "grade": None,
                "employment_type": "Full-time",
                "manager_person_id": manager_person_id,
                "recorded_at": recorded_at,
                "end_recorded_at": end_recorded_at,
                "retracted_at": retracted_at,
            }
        )
        return employment_id

    def change(
        self,
        employment_id: int,
        effective_on: date,
        name: str,
        new_value: str | None,
        recorded_at: datetime = GO_LIVE,
        kind: str = "transfer",
        retracted_at: datetime | None = None,
    ) -> None:
        """Add a promotion or transfer that gives a field a new value."""
        self.rows["assignment_changes"].append(
            {
                "change_id": len(self.rows["assignment_changes"]) + 1,
                "employment_id": employment_id,
                "effective_on": effective_on,
                "field": name,
                "old_value": None,
                "new_value": new_value,
                "kind": kind,
                "recorded_at": recorded_at,
                "retracted_at": retracted_at,
            }
        )

    def hours(
        self,
        person_id: int,
        effective_on: date,
        weekly_hours: str,
        recorded_at: datetime = GO_LIVE,
    ) -> None:
        """Add a contract of weekly hours."""
        self.rows["contracted_hours"].append(
            {
                "person_id": person_id,
                "effective_on": effective_on,
                "weekly_hours": Decimal(weekly_hours),
                "recorded_at": recorded_at,
            }
        )

    def write(self, folder: Path) -> Path:
        """Write every table, also the empty ones; give back the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for table, schema in SCHEMAS.items():
            content = pa.Table.from_pylist(self.rows[table], schema=schema)
            pq.write_table(content, folder / f"{table}.parquet")
        return folder


def harbour() -> Ledger:
    """A ledger with companies, branches and departments, and nobody yet."""
    ledger = Ledger()
    ledger.company("Harbour Group GmbH", "Germany")
    ledger.company("Harbour UK Ltd", "United Kingdom")
    ledger.place("Berlin", "DE")
    ledger.place("Vienna", "AT")
    ledger.place("Port Louis", "MU")
    ledger.place("London", "GB")
    ledger.department("Sales - HG", "Sales")
    ledger.department("Sales - HU", " Sales ")
    ledger.department("Finance - HG", "Finance")
    return ledger
