"""What is read from Frappe HR: doctypes, their tables in raw, and declared columns.

The fields are those of the doctype definitions of frappe/frappe, frappe/erpnext and
frappe/hrms. A field that is not declared here is not loaded, and named once.
"""

from dataclasses import dataclass, field

from ingestion.columns import Column

PAGE_SIZE = 2000
LISTED_PAGES = 10
"""How many pages of documents one page of names and versions is."""

NAMES_AT_ONCE = 100
NAMES_BYTES = 4000
"""Documents asked for by their names in one request, and the room that these may take
in its URL. Where more are wanted of one page, the page is read."""

WORKERS = 4

REFUSED_AT_MOST = 50
"""Single documents that a site may refuse until the reading ends."""

LONGEST_PAUSE_SECONDS = 3900
"""How long a run waits where the site asks for it: Frappe's limits are by the hour."""

SKEW_SECONDS = 3600
"""How far a document may be stamped ahead of the site's clock. It covers the hour that
local time repeats when summer time ends."""

QUIET_DAYS = 90
CHANGING_DAYS = 5
"""A site is quiet when nothing changed for twice as long as ever in so many days before
its last change, and for a day at least. Changes on fewer days tell no habit."""

NUMBER = "decimal(21,9)"
"""How Frappe keeps its currency and float fields."""

BOOKKEEPING = frozenset(
    {
        "_assign",
        "_comments",
        "_liked_by",
        "_seen",
        "_user_tags",
        "creation",
        "docstatus",
        "doctype",
        "idx",
        "lft",
        "modified",
        "modified_by",
        "naming_series",
        "old_parent",
        "owner",
        "parentfield",
        "parenttype",
        "rgt",
    }
)
"""What Frappe writes into every document for itself: no news if it is not declared."""

LINKS = {
    "company": "Company",
    "new_company": "Company",
    "parent_company": "Company",
    "department": "Department",
    "parent_department": "Department",
    "branch": "Branch",
    "designation": "Designation",
    "employment_type": "Employment Type",
    "grade": "Employee Grade",
    "holiday_list": "Holiday List",
    "employee": "Employee",
    "reports_to": "Employee",
    "new_employee_id": "Employee",
}
"""Fields that name a document, and of which doctype. When that is renamed or merged,
Frappe changes them where they stand and leaves `modified` as it was."""


@dataclass(frozen=True)
class ChildTable:
    """A child table of a doctype, had from single documents alone.

    Attributes:
        field: The field of the document that holds the rows.
        table: The table in raw.
        columns: Declared columns, `parent`, `parent_modified` and `idx` among them.
    """

    field: str
    table: str
    columns: tuple[Column, ...]

    @property
    def links(self) -> dict[str, str]:
        """Its fields that name a document, and of which doctype."""
        return _links(self.columns)


@dataclass(frozen=True)
class Doctype:
    """A doctype and its table in raw.

    Attributes:
        name: As Frappe names it.
        table: The table in raw.
        columns: Declared columns.
        may_lack: Declared fields that a site may not have: an older version, or a
            permission level that the API user's role does not reach.
        children: Its child tables that are read.
        is_single: One document of the same name instead of a list.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    may_lack: frozenset[str] = field(default_factory=frozenset)
    children: tuple[ChildTable, ...] = ()
    is_single: bool = False

    @property
    def links(self) -> dict[str, str]:
        """Its fields that name a document, and of which doctype."""
        return _links(self.columns) | dict.fromkeys(
            (c.name for c in self.columns if c.name == "amended_from"), self.name
        )

    @property
    def must_have(self) -> frozenset[str]:
        """The fields without which nothing of the doctype is loaded."""
        return frozenset(column.field for column in self.columns) - self.may_lack


def _links(columns: tuple[Column, ...]) -> dict[str, str]:
    return {c.name: LINKS[c.name] for c in columns if c.name in LINKS}


def _document(*columns: Column) -> tuple[Column, ...]:
    return (
        Column("name", required=True),
        *columns,
        Column("docstatus", "bigint"),
        Column("creation", "timestamp"),
        Column("modified", "timestamp", required=True),
    )


def _child_row(*columns: Column) -> tuple[Column, ...]:
    return (
        Column("name"),
        Column("parent", required=True),
        Column("parent_modified", "timestamp", required=True),
        Column("idx", "bigint", required=True),
        *columns,
    )


def _property_changes(field_name: str, table: str) -> ChildTable:
    return ChildTable(
        field_name,
        table,
        _child_row(
            Column("property"), Column("fieldname"), Column("current"), Column("new")
        ),
    )


DOCTYPES: tuple[Doctype, ...] = (
    Doctype(
        "System Settings",
        "system_settings",
        (
            Column("name", required=True),
            Column("time_zone", required=True),
            Column("modified", "timestamp", required=True),
        ),
        is_single=True,
    ),
    Doctype(
        "Company",
        "companies",
        _document(
            Column("company_name"),
            Column("abbr"),
            Column("country"),
            Column("default_currency"),
            Column("parent_company"),
        ),
        may_lack=frozenset({"parent_company"}),
    ),
    Doctype("Branch", "branches", _document(Column("branch"))),
    Doctype(
        "Department",
        "departments",
        _document(
            Column("department_name"),
            Column("parent_department"),
            Column("company"),
            Column("is_group", "bigint"),
            Column("disabled", "bigint"),
        ),
    ),
    Doctype(
        "Designation",
        "designations",
        _document(Column("designation_name"), Column("description")),
        may_lack=frozenset({"description"}),
    ),
    Doctype(
        "Employment Type",
        "employment_types",
        _document(Column("employee_type_name")),
        may_lack=frozenset({"employee_type_name"}),
    ),
    Doctype(
        "Employee Grade",
        "employee_grades",
        _document(Column("default_base_pay", NUMBER), Column("currency")),
        may_lack=frozenset({"default_base_pay", "currency"}),
    ),
    Doctype(
        "Holiday List",
        "holiday_lists",
        _document(
            Column("holiday_list_name"),
            Column("from_date", "date"),
            Column("to_date", "date"),
            Column("total_holidays", NUMBER),
            Column("weekly_off"),
        ),
        may_lack=frozenset({"holiday_list_name", "total_holidays", "weekly_off"}),
        children=(
            ChildTable(
                "holidays",
                "holidays",
                _child_row(
                    Column("holiday_date", "date"),
                    Column("description"),
                    Column("weekly_off", "bigint"),
                ),
            ),
        ),
    ),
    Doctype(
        "Employee",
        "employees",
        _document(
            Column("employee_number"),
            Column("first_name"),
            Column("middle_name"),
            Column("last_name"),
            Column("employee_name"),
            Column("gender"),
            Column("date_of_birth", "date"),
            Column("date_of_joining", "date"),
            Column("status"),
            Column("company"),
            Column("department"),
            Column("designation"),
            Column("branch"),
            Column("reports_to"),
            Column("employment_type"),
            Column("grade"),
            Column("holiday_list"),
            Column("contract_end_date", "date"),
            Column("resignation_letter_date", "date"),
            Column("relieving_date", "date"),
            Column("reason_for_leaving"),
            Column("attendance_device_id"),
            Column("cell_number"),
            Column("personal_email"),
            Column("company_email"),
            Column("current_address"),
            Column("marital_status"),
            Column("passport_number"),
            Column("bank_ac_no"),
            Column("iban"),
            Column("ctc", NUMBER),
            Column("salary_currency"),
        ),
        may_lack=frozenset(
            {
                "middle_name",
                "employee_name",
                "holiday_list",
                "contract_end_date",
                "attendance_device_id",
                "cell_number",
                "personal_email",
                "company_email",
                "current_address",
                "marital_status",
                "passport_number",
                "bank_ac_no",
                "iban",
                "ctc",
                "salary_currency",
            }
        ),
        children=(
            ChildTable(
                "internal_work_history",
                "employee_work_history",
                _child_row(
                    Column("branch"),
                    Column("department"),
                    Column("designation"),
                    Column("from_date", "date"),
                    Column("to_date", "date"),
                ),
            ),
            # The level alone: which school, and how well, no figure needs.
            ChildTable(
                "education",
                "employee_education",
                _child_row(Column("level")),
            ),
        ),
    ),
    Doctype(
        "Employee Promotion",
        "employee_promotions",
        _document(
            Column("employee"),
            Column("promotion_date", "date"),
            Column("company"),
            Column("department"),
            Column("amended_from"),
        ),
        may_lack=frozenset({"company", "department"}),
        children=(
            _property_changes("promotion_details", "employee_promotion_details"),
        ),
    ),
    Doctype(
        "Employee Transfer",
        "employee_transfers",
        _document(
            Column("employee"),
            Column("transfer_date", "date"),
            Column("company"),
            Column("new_company"),
            Column("department"),
            Column("create_new_employee_id", "bigint"),
            Column("new_employee_id"),
            Column("amended_from"),
        ),
        may_lack=frozenset({"department"}),
        children=(_property_changes("transfer_details", "employee_transfer_details"),),
    ),
    Doctype(
        "Employee Separation",
        "employee_separations",
        _document(
            Column("employee"),
            Column("resignation_letter_date", "date"),
            Column("boarding_status"),
            Column("boarding_begins_on", "date"),
            Column("company"),
            Column("department"),
            Column("designation"),
            Column("amended_from"),
        ),
        may_lack=frozenset(
            {
                "boarding_begins_on",
                "company",
                "department",
                "designation",
                "amended_from",
            }
        ),
    ),
    Doctype(
        "Leave Application",
        "leave_applications",
        _document(
            Column("employee"),
            Column("leave_type"),
            Column("from_date", "date"),
            Column("to_date", "date"),
            Column("half_day", "bigint"),
            Column("half_day_date", "date"),
            Column("total_leave_days", NUMBER),
            Column("status"),
            Column("company"),
            Column("department"),
            Column("posting_date", "date"),
            Column("amended_from"),
        ),
        may_lack=frozenset({"company", "department", "posting_date", "amended_from"}),
    ),
    Doctype(
        "Deleted Document",
        "deleted_documents",
        _document(
            Column("deleted_doctype", required=True),
            Column("deleted_name", required=True),
            # Not `data`, which holds all fields of what was deleted.
            Column("restored", "bigint"),
            Column("new_name"),
        ),
        may_lack=frozenset({"restored", "new_name"}),
    ),
)

DELETED = "Deleted Document"

GONE_TABLE = "gone_documents"
GONE = (Column("doctype"), Column("name"), Column("noticed_at", "timestamp"))
"""Documents that were known and are not on the site any more, without a trace."""

TABLES = (
    {doctype.table: doctype.columns for doctype in DOCTYPES}
    | {child.table: child.columns for doctype in DOCTYPES for child in doctype.children}
    | {GONE_TABLE: GONE}
)
"""Table in raw to its columns."""
