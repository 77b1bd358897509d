"""What the simulation knows: people, employments, and how HR recorded their changes.

Days and instants are integers (see `demo.instants`), hours are hundredths of an hour.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from demo.instants import DAY, months_before, site_midnight, to_day

Value = str | int | None
State = dict[str, Value]
Progress = Callable[[str, int, int | None], None]
Kind = Literal["promotion", "transfer"]

FIELDS: Final = (
    "company",
    "department",
    "branch",
    "designation",
    "grade",
    "employment_type",
    "manager_person_id",
)
ENDS_ON: Final = date(2026, 7, 1)
HIDDEN_DAYS: Final = 31
AHEAD_DAYS: Final = 45


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a simulation, and the days that follow from it."""

    seed: int
    employees: int
    months: int

    @property
    def starts_on(self) -> date:
        """The day the HRIS went live."""
        return months_before(ENDS_ON, self.months)

    @property
    def first_day(self) -> int:
        """The day the HRIS went live, as a day number."""
        return to_day(self.starts_on)

    @property
    def last_day(self) -> int:
        """The day by which everything simulated has taken effect."""
        return to_day(ENDS_ON) + AHEAD_DAYS

    @property
    def go_live_at(self) -> int:
        """The instant of the bulk import into the HRIS."""
        return site_midnight(self.first_day)

    @property
    def closes_at(self) -> int:
        """The instant after which nothing more is recorded anywhere."""
        return site_midnight(to_day(ENDS_ON) + HIDDEN_DAYS) + DAY

    @property
    def years(self) -> float:
        """The length of the simulated period in years."""
        return (self.last_day - self.first_day) / 365.25


@dataclass(slots=True)
class Person:
    """A human being; a rehired one stays the same person."""

    person_id: int
    employee_number: str
    first_name: str
    last_name: str
    gender: str | None
    born_on: int
    attendance_user_id: str
    email: str
    phone: str
    address: str
    iban: str
    education_level: str | None = None


@dataclass(slots=True)
class Employment:
    """One stay with the group, `[started_on, ended_on)`, transfers included.

    `state` is the assignment as first recorded; `letter` says where a resignation
    letter's date is held (`employee`, `separation`, `both` or nothing).
    """

    employment_id: int
    person_id: int
    started_on: int
    ended_on: int | None
    is_rehire: bool
    state: State
    level: int
    is_lead: bool
    weekly_hours: int | None
    recorded_at: int
    exit_kind: str | None = None
    exit_reason: str | None = None
    end_recorded_at: int | None = None
    retracted_at: int | None = None
    letter: str = ""


@dataclass(slots=True, eq=False)
class Document:
    """An Employee Promotion or Transfer, from draft to whatever became of it.

    `details` maps each changed field to its new value; `new_id` asks Frappe for a new
    Employee document. `old` holds the truth before, for the ledger.
    """

    kind: Kind
    employment_id: int
    effective_on: int
    details: State
    old: State
    entered_at: int
    submitted_at: int | None
    new_id: bool = False
    cancelled_at: int | None = None
    deleted_at: int | None = None
    amended_from: "Document | None" = None
    name: str = ""

    @property
    def last_touched_at(self) -> int:
        """The instant of the last thing done to this document."""
        return max(
            self.entered_at,
            self.submitted_at or 0,
            self.cancelled_at or 0,
            self.deleted_at or 0,
        )

    @property
    def is_barrier(self) -> bool:
        """Whether no other document may be in progress around this one."""
        return self.new_id or "company" in self.details


@dataclass(slots=True)
class Correction:
    """A field of Employee that HR put right by hand, with no document."""

    employment_id: int
    field: str
    effective_on: int
    old: Value
    new: Value
    recorded_at: int


@dataclass(slots=True)
class ContractedHours:
    """Contracted weekly hours from a day on."""

    employment_id: int
    effective_on: int
    weekly_hours: int
    recorded_at: int


@dataclass(slots=True)
class Withdrawal:
    """A resignation taken back: its Separation is cancelled, nobody leaves."""

    employment_id: int
    letter_on: int
    entered_at: int
    cancelled_at: int


@dataclass(slots=True)
class Department:
    """A version of a department."""

    department: str
    department_name: str
    parent_department: str | None
    company: str | None
    is_group: bool
    is_disabled: bool
    recorded_at: int


@dataclass(slots=True)
class Leave:
    """A leave application; `decided_at` is null while it is open."""

    leave_id: int
    employment_id: int
    leave_type: str
    from_on: int
    to_on: int
    is_half_day: bool
    status: str
    recorded_at: int
    decided_at: int | None


@dataclass(slots=True)
class Workforce:
    """Everyone who is or was employed, before anything about them changes."""

    people: list[Person]
    employments: list[Employment]


@dataclass(slots=True)
class Ledger:
    """Everything that truly happened, and the documents by which HR recorded it."""

    plan: Plan
    people: list[Person] = field(default_factory=list)
    employments: list[Employment] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    contracted_hours: list[ContractedHours] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)
