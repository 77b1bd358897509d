"""Which columns of raw tell who somebody is, and what becomes of them.

What is not named here says nothing of who it is, or is what figures are made of: the
cell, the days, sex, pay, the kind of leave. Free text goes.
"""

from collections.abc import Mapping
from functools import cache

from environment import company
from ingestion.log import SOURCES

SUBJECT = "subject"
"""Names whom the row is about: another key takes its place."""

IDENTIFIER = "identifier"
"""Names them too, and may be handed on: replaced in rows about them."""

REFERENCE = "reference"
"""Names a person in a row about another one: replaced."""

EMPTIED = "emptied"
"""Tells who they are, and no figure needs it: emptied in rows about them."""

MONTH = "month"
"""A day of birth: the first of its month in rows about them."""

Roles = Mapping[str, str]
"""Column of a table to its role."""

_OF_EMPLOYEE: Roles = {"employee": SUBJECT}
_CHANGES: Roles = {"current": REFERENCE, "new": REFERENCE}

_ROLES: Mapping[str, Mapping[str, Roles]] = {
    "frappe_hr": {
        "employees": {
            "name": SUBJECT,
            "employee_number": IDENTIFIER,
            "attendance_device_id": IDENTIFIER,
            "reports_to": REFERENCE,
            "date_of_birth": MONTH,
            **dict.fromkeys(
                (
                    "first_name",
                    "middle_name",
                    "last_name",
                    "employee_name",
                    "cell_number",
                    "personal_email",
                    "company_email",
                    "current_address",
                    "marital_status",
                    "passport_number",
                    "bank_ac_no",
                    "iban",
                ),
                EMPTIED,
            ),
        },
        "employee_work_history": {"parent": SUBJECT},
        "employee_education": {"parent": SUBJECT},
        "employee_promotions": _OF_EMPLOYEE,
        "employee_promotion_details": _CHANGES,
        "employee_transfers": {**_OF_EMPLOYEE, "new_employee_id": SUBJECT},
        "employee_transfer_details": _CHANGES,
        "employee_separations": _OF_EMPLOYEE,
        "leave_applications": _OF_EMPLOYEE,
        "deleted_documents": {"deleted_name": SUBJECT, "new_name": SUBJECT},
        "gone_documents": {"name": SUBJECT},
    },
    "payroll": {
        "payslips": {"employee_number": SUBJECT},
        "contracted_hours": {"employee_number": SUBJECT},
    },
    "attendance": {"punches": {"user_id": SUBJECT}},
    "ats": {
        "applications": {
            "application_id": SUBJECT,
            "employee_number": REFERENCE,
            "candidate_name": EMPTIED,
            "candidate_email": EMPTIED,
        },
        "stage_changes": {"application_id": SUBJECT, "comment": EMPTIED},
    },
}

_FIELDS: Roles = {
    "person_id": SUBJECT,
    "employee_number": SUBJECT,
    "manager_id": REFERENCE,
    "first_name": EMPTIED,
    "last_name": EMPTIED,
    "born_on": MONTH,
}
"""Fields of the contract for HR tables."""


def roles(source: str, table: str) -> Roles:
    """The roles of a table's columns in raw; empty where none tells of anybody."""
    if source in SOURCES:
        return _ROLES.get(source, {}).get(table, {})
    return _of_mapping(source).get(table, {})


@cache
def _of_mapping(source: str) -> Mapping[str, Roles]:
    from ingestion.hr_tables import mapping

    found = {each.name: each for each in mapping.all_in(company() / "mappings")}
    if source not in found:
        return {}
    return {
        name: {
            mapping.raw_column(column): _FIELDS[field]
            for field, source_of in table.fields.items()
            if field in _FIELDS
            for column in source_of.columns
        }
        for name, table in found[source].tables.items()
    }
