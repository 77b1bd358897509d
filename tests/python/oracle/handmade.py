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
    "branches": pa.schema(
        [
            ("branch", pa.string()),
            ("country", pa.string()),
            ("time_zone", pa.string()),
        ]
    ),
    "companies": pa.schema([("company", pa.string()), ("country", pa.string())]),
}

SCHEMAS_OF_SYSTEMS = {
    "leaves": pa.schema(
        [
            ("leave_id", pa.int64()),
            ("person_id", pa.int64()),
            ("leave_type", pa.string()),
            ("status", pa.string()),
            ("is_half_day", pa.bool_()),
            ("from_on", pa.date32()),
            ("to_on", pa.date32()),
            ("recorded_at", INSTANT),
            ("decided_at", INSTANT),
        ]
    ),
    "worked_sessions": pa.schema(
        [
            ("session_id", pa.int64()),
            ("person_id", pa.int64()),
            ("in_event_id", pa.string()),
            ("out_event_id", pa.string()),
            ("in_device_at", INSTANT),
            ("out_device_at", INSTANT),
        ]
    ),
    "requisitions": pa.schema(
        [
            ("requisition_id", pa.string()),
            ("department", pa.string()),
            ("branch", pa.string()),
            ("opened_on", pa.date32()),
        ]
    ),
    "applications": pa.schema(
        [
            ("application_id", pa.string()),
            ("requisition_id", pa.string()),
            ("employee_number", pa.string()),
            ("applied_on", pa.date32()),
        ]
    ),
    "stage_changes": pa.schema(
        [
            ("stage_change_id", pa.string()),
            ("application_id", pa.string()),
            ("stage", pa.string()),
            ("changed_on", pa.date32()),
        ]
    ),
}
"""What is told of leave, punches and applicants, beside what HR records of people."""

EVERY_SCHEMA = SCHEMAS | SCHEMAS_OF_SYSTEMS


@dataclass
class Ledger:
    """Rows of a ledger in the making; `write` turns them into parquet files."""

    rows: dict[str, list[Row]] = field(
        default_factory=lambda: {table: [] for table in EVERY_SCHEMA}
    )

    def place(self, branch: str, country: str, time_zone: str | None = None) -> None:
        """Add a branch."""
        self.rows["branches"].append(
            {"branch": branch, "country": country, "time_zone": time_zone}
        )

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

    def leave(
        self,
        person_id: int,
        from_on: date,
        to_on: date,
        leave_type: str = "Sick Leave",
        status: str = "Approved",
        *,
        is_half_day: bool = False,
        recorded_at: datetime = GO_LIVE,
        decided_at: datetime | None = GO_LIVE,
    ) -> None:
        """Add an application for leave."""
        self.rows["leaves"].append(
            {
                "leave_id": len(self.rows["leaves"]) + 1,
                "person_id": person_id,
                "leave_type": leave_type,
                "status": status,
                "is_half_day": is_half_day,
                "from_on": from_on,
                "to_on": to_on,
                "recorded_at": recorded_at,
                "decided_at": decided_at,
            }
        )

    def session(
        self, person_id: int, start: datetime | None, end: datetime | None
    ) -> None:
        """Add a session by what its punches say, in UTC; nothing for a missing one."""
        number = len(self.rows["worked_sessions"]) + 1
        self.rows["worked_sessions"].append(
            {
                "session_id": number,
                "person_id": person_id,
                "in_event_id": None if start is None else f"i{number}",
                "out_event_id": None if end is None else f"o{number}",
                "in_device_at": start,
                "out_device_at": end,
            }
        )

    def requisition(
        self,
        requisition_id: str,
        opened_on: date,
        department: str = "Sales - HG",
        branch: str = "Berlin",
    ) -> None:
        """Add a position to fill."""
        self.rows["requisitions"].append(
            {
                "requisition_id": requisition_id,
                "department": department,
                "branch": branch,
                "opened_on": opened_on,
            }
        )

    def application(
        self,
        requisition_id: str,
        steps: dict[str, date],
        employee_number: str | None = None,
    ) -> str:
        """Add an application with the day of each of its stages; give back its id."""
        application_id = f"A{len(self.rows['applications']) + 1}"
        self.rows["applications"].append(
            {
                "application_id": application_id,
                "requisition_id": requisition_id,
                "employee_number": employee_number,
                "applied_on": min(steps.values()),
            }
        )
        for stage, changed_on in steps.items():
            self.rows["stage_changes"].append(
                {
                    "stage_change_id": f"S{len(self.rows['stage_changes']) + 1:04}",
                    "application_id": application_id,
                    "stage": stage,
                    "changed_on": changed_on,
                }
            )
        return application_id

    def write(self, folder: Path) -> Path:
        """Write every table, also the empty ones; give back the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for table, schema in EVERY_SCHEMA.items():
            content = pa.Table.from_pylist(self.rows[table], schema=schema)
            pq.write_table(content, folder / f"{table}.parquet")
        return folder


def harbour() -> Ledger:
    """A ledger with companies, branches and departments, and nobody yet."""
    ledger = Ledger()
    ledger.company("Harbour Group GmbH", "Germany")
    ledger.company("Harbour UK Ltd", "United Kingdom")
    ledger.place("Berlin", "DE", "Europe/Berlin")
    ledger.place("Vienna", "AT", "Europe/Vienna")
    ledger.place("Port Louis", "MU", "Indian/Mauritius")
    ledger.place("London", "GB", "Europe/London")
    ledger.department("Sales - HG", "Sales")
    ledger.department("Sales - HU", " Sales ")
    ledger.department("Finance - HG", "Finance")
    return ledger
