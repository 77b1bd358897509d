"""Which columns of raw tell who somebody is, and what becomes of them.

What is not named here says nothing of who it is, or is what figures are made of: the
cell, the days, sex, pay, the kind of leave. Free text goes.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from environment import company
from ingestion.ledger_tables import DATASET
from ingestion.log import SOURCES

SUBJECT = "subject"
"""Names whom the row is about: another key takes its place."""

IDENTIFIER = "identifier"
"""Names them too, and may be handed on: replaced in rows about them."""

REFERENCE = "reference"
"""Names a person in a row about another one: replaced."""

TELLING = "telling"
"""Is theirs alone, as an address is: emptied in rows about them, and looked for."""

FIRST, LAST = "first name", "last name"
"""Parts of a name, which are looked for together. In rows about them the first is
emptied; the last is a key, so that records that were linked by a name are still."""

EMPTIED = "emptied"
"""No figure needs it: emptied in rows about them."""

MONTH = "month"
"""A day of birth: the first of its month in rows about them."""

FREE = "free text"
"""Emptied in rows about them; whoever else's may name them."""

GONE = frozenset({TELLING, FIRST, EMPTIED, FREE})
"""What is emptied in rows about them."""

NUMBER, BADGE, APPLICATION = "employee_number", "attendance_device_id", "application"
"""Kinds of identifiers. A record's id is of its source's name: other systems give the
same ids to others."""

INBOX_PATH = "inbox_path"
"""The kind of paths of delivered files whose names tell who somebody is."""

PSEUDONYM = "pseudonym"
"""The kind of those that marts know people by."""


PREFIX = "erased-"
"""How the keys begin that take the place of identifiers."""

PERSON_CHARACTERS = len(PREFIX) + 16
"""Of a key, what all keys of a person have in common: the beginning."""


class Role(NamedTuple):
    """What a column says.

    Attributes:
        what: One of the above.
        kind: Of an identifier, its kind.
        forms: Of a day, the `strptime` forms that it is written in.
        of_field: What `fieldname` has to say in a row for it to be so.
        kind_in: Of an identifier of many kinds, the column that says which.
    """

    what: str
    kind: str = ""
    forms: tuple[str, ...] = ()
    of_field: str = ""
    kind_in: str = ""


Roles = Mapping[str, Role]
"""Column of a table to its role."""

UNDECLARED = Role(FREE)
"""Of a field that no source declares, which is not loaded."""

_HR = "frappe_hr"
_EMPLOYEE = Role(SUBJECT, _HR)
_MANAGER = Role(REFERENCE, _HR)
_CHANGES: Roles = dict.fromkeys(
    ("current", "new"), Role(REFERENCE, _HR, of_field="reports_to")
)
_APPLICATION = Role(SUBJECT, APPLICATION)

_ROLES: Mapping[str, Mapping[str, Roles]] = {
    _HR: {
        "employees": {
            "name": _EMPLOYEE,
            "employee_number": Role(IDENTIFIER, NUMBER),
            "attendance_device_id": Role(IDENTIFIER, BADGE),
            "reports_to": _MANAGER,
            "date_of_birth": Role(MONTH),
            "first_name": Role(FIRST),
            "last_name": Role(LAST),
            "middle_name": Role(EMPTIED),
            "marital_status": Role(EMPTIED),
            **dict.fromkeys(
                (
                    "employee_name",
                    "cell_number",
                    "personal_email",
                    "company_email",
                    "current_address",
                    "passport_number",
                    "bank_ac_no",
                    "iban",
                ),
                Role(TELLING),
            ),
        },
        "employee_work_history": {"parent": _EMPLOYEE},
        "employee_education": {"parent": _EMPLOYEE},
        "employee_promotions": {"employee": _EMPLOYEE},
        "employee_promotion_details": _CHANGES,
        "employee_transfers": {"employee": _EMPLOYEE, "new_employee_id": _EMPLOYEE},
        "employee_transfer_details": _CHANGES,
        "employee_separations": {"employee": _EMPLOYEE},
        "leave_applications": {"employee": _EMPLOYEE},
        "deleted_documents": {"deleted_name": _EMPLOYEE, "new_name": _EMPLOYEE},
        "gone_documents": {"name": _EMPLOYEE},
    },
    "payroll": {
        "payslips": {"employee_number": Role(SUBJECT, NUMBER)},
        "contracted_hours": {"employee_number": Role(SUBJECT, NUMBER)},
    },
    "attendance": {"punches": {"user_id": Role(SUBJECT, BADGE)}},
    "ats": {
        "applications": {
            "application_id": _APPLICATION,
            "employee_number": Role(REFERENCE, NUMBER),
            "candidate_name": Role(TELLING),
            "candidate_email": Role(TELLING),
        },
        "stage_changes": {"application_id": _APPLICATION, "comment": Role(FREE)},
    },
    DATASET.removeprefix("raw_"): {
        "rejected_rows": {
            "file": Role(REFERENCE, INBOX_PATH),
            "reason": Role(FREE),
            "row_text": Role(FREE),
        },
        "landed_files": {
            "inbox_path": Role(REFERENCE, INBOX_PATH),
            "reason": Role(FREE),
        },
    },
}


def roles(source: str, table: str) -> Roles:
    """The roles of a table's columns in raw; empty where none tells of anybody."""
    if source in _ROLES or source in SOURCES:
        return _ROLES.get(source, {}).get(table, {})
    return _of_mapping(source).get(table, {})


@cache
def _of_mapping(source: str) -> Mapping[str, Roles]:
    """The roles of the fields of the contract for HR tables, by a source's mapping."""
    from ingestion.hr_tables import mapping

    found = {each.name: each for each in mapping.all_in(company() / "mappings")}
    if source not in found:
        return {}
    of_tables = {}
    for name, table in found[source].tables.items():
        number = Role(IDENTIFIER if table.is_of_people else SUBJECT, NUMBER)
        born = table.fields.get("born_on")
        forms = born.format or table.date_format if born else ()
        known = {
            "employee_number": number,
            "manager_id": Role(REFERENCE, source),
            "first_name": Role(FIRST),
            "last_name": Role(LAST),
            "born_on": Role(MONTH, forms=forms),
            # A column that is both is what the person is known by.
            "person_id": Role(SUBJECT, source),
        }
        of_tables[name] = {
            mapping.raw_column(column): role
            for field, role in known.items()
            if field in table.fields
            for column in table.fields[field].columns
        }
    return of_tables
