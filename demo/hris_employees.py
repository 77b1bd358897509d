"""Employees, promotions, transfers and separations as Frappe HR would hold them.

Each employment is replayed in the order in which HR recorded things. The replay does
what Frappe's code does on submit and cancel, and what HR does by hand right after a
document that left Employee with an outdated value.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np

from demo import vocabulary as words
from demo.facts import (
    Correction,
    Document,
    Employment,
    Ledger,
    Person,
    Value,
    Withdrawal,
)
from demo.instants import DAY, HOUR, MINUTE, Dice, day_text, site_day, to_date
from demo.timeline import (
    Children,
    Data,
    Snapshot,
    Version,
    deletion,
    heading,
    versions,
)

FRAPPE_FIELDS: Final = {
    "company": "company",
    "department": "department",
    "branch": "branch",
    "designation": "designation",
    "grade": "grade",
    "employment_type": "employment_type",
    "manager_person_id": "reports_to",
}
_LABELS: Final = {
    "department": ("Department", "department", "Dept.", "Abteilung"),
    "branch": ("Branch", "branch", "Site"),
    "designation": ("Designation", "designation", "Job title"),
    "grade": ("Grade", "grade", "Employee Grade"),
    "employment_type": ("Employment Type", "employment_type"),
    "reports_to": ("Reports to", "Reports To", "reports_to", "Line manager"),
}
_HISTORY_FIELDS: Final = ("branch", "department", "designation")
_EDITS_A_YEAR: Final = 0.06
_SCHOOLS: Final = tuple(
    zip(
        words.EDUCATION_LEVELS,
        ("School", "College", "University"),
        ("Certificate", "Bachelor", "Master"),
        (18, 22, 24),
        strict=True,
    )
)

Row = TypeVar("Row", Document, Correction, Withdrawal)


@dataclass(slots=True)
class _Force:
    """A value that a submitted document gave to a field, while it is in force."""

    document: Document
    value: str | None


@dataclass(slots=True)
class _Record:
    """One Employee document at the moment of the replay."""

    name: str
    created_at: int
    date_of_joining: int
    employee_number: str
    state: dict[str, str | None]
    history: list[tuple[Document | None, Data]]
    details: Data
    status: str = "Active"
    relieving_date: int | None = None
    reason: str | None = None
    letter_on: int | None = None
    snapshots: list[Snapshot] = field(default_factory=list)


@dataclass(slots=True)
class _Event:
    """Something HR does at an instant; `rank` orders what happens in one instant."""

    at: int
    rank: int
    what: str
    subject: Any = None


@dataclass(slots=True)
class _Separation:
    """An Employee Separation that has no name yet."""

    entered_at: int
    submitted_at: int
    cancelled_at: int | None
    data: Data


class Names:
    """The names that Frappe's series gives to Employee documents, by creation."""

    def __init__(self, ledger: Ledger) -> None:
        employments = {e.employment_id: e for e in ledger.employments}
        created = [(e.recorded_at, e.employment_id) for e in ledger.employments]
        created += [
            (document.submitted_at, document.employment_id)
            for document in ledger.documents
            if document.new_id and document.submitted_at is not None
        ]
        self._of_employment: dict[int, list[tuple[int, str]]] = defaultdict(list)
        self._of_person: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for number, (at, employment_id) in enumerate(sorted(created), start=1):
            entry = (at, f"HR-EMP-{number:05d}")
            self._of_employment[employment_id].append(entry)
            self._of_person[employments[employment_id].person_id].append(entry)

    def of_employment(self, employment_id: int, at: int) -> str:
        """Return the Employee document of an employment as of an instant."""
        return _latest(self._of_employment[employment_id], at)

    def of_person(self, person_id: int, at: int) -> str:
        """Return a person's newest Employee document as of an instant."""
        return _latest(self._of_person[person_id], at)


def _latest(entries: list[tuple[int, str]], at: int) -> str:
    known = [name for created_at, name in entries if created_at <= at]
    return known[-1] if known else entries[0][1]


def employee_versions(
    ledger: Ledger, names: Names, rng: np.random.Generator
) -> Iterator[list[Version]]:
    """Yield the versions of all that concerns each employment, one after the other."""
    people = {person.person_id: person for person in ledger.people}
    documents = _by_employment(ledger.documents)
    corrections = _by_employment(ledger.corrections)
    withdrawals = _by_employment(ledger.withdrawals)
    edits = _edits(ledger, rng)
    dice = Dice(rng)
    separations: list[_Separation] = []
    closes_at = ledger.plan.closes_at
    for employment in ledger.employments:
        employment_id = employment.employment_id
        person = people[employment.person_id]
        replay = _Replay(employment, person, names, dice, closes_at)
        yield replay.run(
            documents.get(employment_id, []),
            corrections.get(employment_id, []),
            withdrawals.get(employment_id, []),
            edits.get(employment_id, []),
        )
        separations += replay.separations
    yield list(_separation_versions(separations, closes_at))


def _by_employment(rows: Iterable[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.employment_id].append(row)
    return grouped


def _edits(ledger: Ledger, rng: np.random.Generator) -> dict[int, list[_Event]]:
    """Draw the edits of Employee that change nothing about the assignment."""
    dice = Dice(rng)
    closes_at = ledger.plan.closes_at
    edits: dict[int, list[_Event]] = defaultdict(list)
    begins = np.array([e.recorded_at for e in ledger.employments])
    ends = np.array([e.end_recorded_at or closes_at for e in ledger.employments])
    length = np.maximum(np.minimum(ends, closes_at) - begins, 0)
    counts = rng.poisson(_EDITS_A_YEAR * length / (365.25 * DAY))
    pauses = rng.random(len(begins)) < 0.008
    for index in np.flatnonzero((counts > 0) | pauses).tolist():
        employment = ledger.employments[index]
        if employment.retracted_at is not None:
            continue
        days = max(1, int(length[index] // DAY))
        first = site_day(employment.recorded_at) + 1
        own = edits[employment.employment_id]
        for _ in range(int(counts[index])):
            at = dice.working_instant(first + dice.between(0, days))
            own.append(_Event(at, 3, dice.pick(("phone", "address"))))
        if pauses[index]:
            at = dice.working_instant(first + dice.between(0, days))
            own.append(_Event(at, 3, "status", dice.pick(("Suspended", "Inactive"))))
            own.append(_Event(at + dice.between(5, 90) * DAY, 3, "status", "Active"))
    return edits


class _Replay:
    """The records of one employment, as HR keeps them from hour to hour."""

    def __init__(
        self,
        employment: Employment,
        person: Person,
        names: Names,
        dice: Dice,
        closes_at: int,
    ) -> None:
        self._employment = employment
        self._person = person
        self._names = names
        self._dice = dice
        self._closes_at = closes_at
        self._base: dict[str, str | None] = {}
        self._forces: dict[str, list[_Force]] = defaultdict(list)
        self._records: list[_Record] = []
        self._drafts: dict[int, tuple[Data, Children]] = {}
        self._snapshots: dict[int, list[Snapshot]] = defaultdict(list)
        self._titles: dict[int, tuple[str, str]] = {}
        self._deletions: list[Version] = []
        self.separations: list[_Separation] = []

    def run(
        self,
        documents: list[Document],
        corrections: list[Correction],
        withdrawals: list[Withdrawal],
        edits: list[_Event],
    ) -> list[Version]:
        """Replay everything in the order of recording, and return all versions."""
        events = [*self._own_events(), *_document_events(documents), *edits]
        events += [_Event(w.entered_at, 3, "withdraw", w) for w in withdrawals]
        events += self._renumberings(documents)
        events += [_Event(c.recorded_at, 2, "correct", c) for c in corrections]
        rules = {
            "create": self._create,
            "enter": self._enter,
            "submit": self._submit,
            "cancel": self._cancel,
            "delete document": self._delete_document,
            "correct": self._correct,
            "exit": self._exit,
            "left": self._leave,
            "delete": self._delete,
            "phone": self._edit_phone,
            "address": self._edit_address,
            "status": self._set_status,
            "number": self._enter_number,
            "withdraw": self._withdraw,
        }
        queue = sorted(events, key=lambda e: (e.at, e.rank))
        for event in queue:
            if event.at < self._closes_at:
                rules[event.what](event)
        return list(self._versions())

    def _own_events(self) -> Iterator[_Event]:
        employment = self._employment
        yield _Event(employment.recorded_at, 0, "create")
        if employment.retracted_at is not None:
            yield _Event(employment.retracted_at, 5, "delete")
        if employment.end_recorded_at is not None and employment.ended_on is not None:
            told = employment.end_recorded_at
            yield _Event(told, 4, "exit")
            if site_day(told) < employment.ended_on and not self._dice.chance(0.04):
                day = employment.ended_on + self._dice.between(0, 2)
                yield _Event(self._dice.working_instant(day), 5, "left")

    def _renumberings(self, documents: list[Document]) -> list[_Event]:
        """HR enters the employee number again on half of the copied records."""
        return [
            _Event(d.submitted_at + self._dice.between(HOUR, 60 * DAY), 3, "number")
            for d in documents
            if d.new_id and d.submitted_at is not None and self._dice.chance(0.5)
        ]

    def _versions(self) -> Iterator[Version]:
        for record in self._records:
            yield from versions("Employee", record.name, record.snapshots)
        for key, snapshots in self._snapshots.items():
            doctype, name = self._titles[key]
            yield from versions(doctype, name, snapshots)
        yield from self._deletions

    @property
    def _record(self) -> _Record:
        return self._records[-1]

    def _text(self, name: str, value: Value, at: int) -> str | None:
        if name == "manager_person_id" and value is not None:
            return self._names.of_person(int(value), at)
        return None if value is None else str(value)

    def _known(self, name: str) -> str | None:
        """Return the value in force of a field, by all that is recorded by now."""
        forces = self._forces[name]
        if not forces:
            return self._base[name]
        order = max(
            forces, key=lambda f: (f.document.effective_on, f.document.entered_at)
        )
        return order.value

    def _save(self, record: _Record, at: int) -> None:
        """Keep Employee as it is now; what is done in one instant is one version."""
        children: Children = {
            "internal_work_history": [dict(row) for _, row in record.history],
            "education": _education(self._person),
        }
        record.snapshots.append(Snapshot(at, _employee_data(record), children))

    def _create(self, event: _Event) -> None:
        employment = self._employment
        self._base = {
            name: self._text(name, value, event.at)
            for name, value in employment.state.items()
        }
        record = _Record(
            name=self._names.of_employment(employment.employment_id, event.at),
            created_at=event.at,
            date_of_joining=employment.started_on,
            employee_number=self._person.employee_number,
            state=dict(self._base),
            history=[],
            details=_personal_data(self._person, employment.state, self._dice),
        )
        if employment.state["employment_type"] == "Contract":
            record.details["contract_end_date"] = day_text(employment.started_on + 730)
        self._records.append(record)
        self._save(record, event.at)

    def _enter(self, event: _Event) -> None:
        """Enter a draft: `current` is what Employee holds at this moment."""
        document: Document = event.subject
        record = self._record
        is_transfer = document.kind == "transfer"
        doctype = "Employee Transfer" if is_transfer else "Employee Promotion"
        table = "transfer_details" if is_transfer else "promotion_details"
        origin = document.amended_from
        data: Data = {
            **heading(document.name, event.at),
            "employee": record.name,
            "employee_name": record.details["employee_name"],
            "department": record.state["department"],
            "company": record.state["company"],
            "amended_from": origin.name if origin else None,
            f"{document.kind}_date": day_text(document.effective_on),
        }
        if is_transfer:
            here = record.state["company"]
            same = here if self._dice.chance(0.3) else None
            data["new_company"] = document.details.get("company", same)
            data["create_new_employee_id"] = int(document.new_id)
            data["new_employee_id"] = None
        rows = [
            self._detail(name, value, record, event.at)
            for name, value in document.details.items()
            if name != "company"
        ]
        self._titles[id(document)] = (doctype, document.name)
        self._drafts[id(document)] = (data, {table: rows})
        self._keep(document, event.at, 0)

    def _detail(self, name: str, value: Value, record: _Record, at: int) -> Data:
        fieldname = FRAPPE_FIELDS[name]
        is_link = name == "manager_person_id"
        return {
            "property": self._dice.pick(_LABELS[fieldname]),
            "fieldname": fieldname,
            "current": self._smudged(record.state[name], is_link),
            "new": self._smudged(self._text(name, value, at), is_link),
        }

    def _smudged(self, text: str | None, is_name: bool) -> str | None:
        """Return a value as typed by hand: now and then a blank or an odd case."""
        draw = self._dice.random()
        if not text:
            return "" if draw < 0.5 else None
        if draw < 0.02:
            return f" {text}"
        if draw < 0.04:
            return f"{text}  "
        if draw < 0.06 and not is_name:
            return text.upper()
        return text.lower() if draw < 0.08 and not is_name else text

    def _keep(self, document: Document, at: int, docstatus: int) -> None:
        data, children = self._drafts[id(document)]
        held = {**data, "docstatus": docstatus}
        self._drafts[id(document)] = (held, children)
        self._snapshots[id(document)].append(Snapshot(at, held, children))

    def _submit(self, event: _Event) -> None:
        document: Document = event.subject
        for name, value in document.details.items():
            text = self._text(name, value, document.entered_at)
            self._forces[name].append(_Force(document, text))
        if document.new_id:
            self._copy_record(document, event.at)
        else:
            self._apply(self._record, document)
        for name in document.details:
            self._record.state[name] = self._known(name)
        self._save(self._record, event.at)
        self._keep(document, event.at, 1)

    def _copy_record(self, document: Document, at: int) -> None:
        """Make the new Employee document that a transfer asks for; the old one ends."""
        old = self._record
        new = replace(
            old,
            name=self._names.of_employment(self._employment.employment_id, at),
            created_at=at,
            employee_number="",
            state=dict(old.state),
            history=[(origin, dict(row)) for origin, row in old.history],
            details=dict(old.details),
            snapshots=[],
        )
        self._apply(new, document)
        if "company" in document.details:
            new.history = []
        old.relieving_date = document.effective_on
        old.status = "Left"
        self._save(old, at)
        self._records.append(new)
        data, children = self._drafts[id(document)]
        held = {**data, "new_employee_id": new.name}
        self._drafts[id(document)] = (held, children)

    def _apply(self, record: _Record, document: Document) -> None:
        """Do to Employee's history and joining date what Frappe does on submit."""
        history = record.history
        if not history:
            first = {name: record.state[name] for name in _HISTORY_FIELDS}
            first["from_date"] = day_text(record.date_of_joining)
            history.append((None, {**first, "to_date": None}))
        changed = {
            name: self._text(name, value, document.entered_at)
            for name, value in document.details.items()
            if name in _HISTORY_FIELDS
        }
        if changed:
            row = {name: changed.get(name) for name in _HISTORY_FIELDS}
            begins = {"from_date": day_text(document.effective_on), "to_date": None}
            history.append((document, {**row, **begins}))
            previous = history[-2][1]
            previous["to_date"] = previous["to_date"] or day_text(
                document.effective_on - 1
            )
        if "company" in document.details:
            record.date_of_joining = document.effective_on

    def _cancel(self, event: _Event) -> None:
        document: Document = event.subject
        record = self._record
        for name in document.details:
            self._forces[name] = [
                force for force in self._forces[name] if force.document is not document
            ]
            record.state[name] = self._known(name)
        record.history = [h for h in record.history if h[0] is not document]
        if record.history:
            record.history[-1][1]["to_date"] = None
        self._save(record, event.at)
        self._keep(document, event.at, 2)

    def _delete_document(self, event: _Event) -> None:
        document: Document = event.subject
        data, children = self._drafts[id(document)]
        doctype, _ = self._titles[id(document)]
        modified = self._snapshots[id(document)][-1].at
        self._snapshots[id(document)].append(Snapshot(event.at, None))
        self._deletions.append(deletion(doctype, data, children, modified, event.at))

    def _correct(self, event: _Event) -> None:
        """Put a field of Employee right by hand."""
        correction: Correction = event.subject
        name = correction.field
        value = self._text(name, correction.new, event.at)
        forces = [
            force
            for force in self._forces[name]
            if force.document.effective_on == correction.effective_on
        ]
        for force in forces:
            force.value = value
        if not forces:
            self._base[name] = value
        self._record.state[name] = self._known(name)
        self._save(self._record, event.at)

    def _exit(self, event: _Event) -> None:
        employment, record, dice = self._employment, self._record, self._dice
        ended_on = employment.ended_on or 0
        known_on = site_day(event.at)
        record.relieving_date = ended_on
        record.reason = _untidy(employment.exit_reason, dice)
        letter_on = min(ended_on, known_on) - dice.between(0, 30)
        if employment.letter in ("employee", "both"):
            record.letter_on = letter_on
        if known_on >= ended_on:
            record.status = "Left"
        self._save(record, event.at)
        if employment.letter in ("separation", "both"):
            lead_time = dice.between(10 * MINUTE, 20 * HOUR)
            entered = max(event.at - lead_time, record.created_at)
            self._separate(letter_on, entered, event.at, None)

    def _separate(
        self, letter_on: int, entered: int, submitted: int, cancelled: int | None
    ) -> None:
        record = self._record
        data: Data = {
            "employee": record.name,
            "employee_name": record.details["employee_name"],
            "resignation_letter_date": day_text(letter_on),
            "boarding_status": "Pending",
            "boarding_begins_on": day_text(letter_on),
            "company": record.state["company"],
            "department": record.state["department"],
            "designation": record.state["designation"],
            "amended_from": None,
        }
        self.separations.append(_Separation(entered, submitted, cancelled, data))

    def _withdraw(self, event: _Event) -> None:
        withdrawal: Withdrawal = event.subject
        self._separate(
            withdrawal.letter_on, event.at, event.at, withdrawal.cancelled_at
        )

    def _leave(self, event: _Event) -> None:
        self._record.status = "Left"
        self._save(self._record, event.at)

    def _delete(self, event: _Event) -> None:
        record = self._record
        last = record.snapshots[-1]
        record.snapshots.append(Snapshot(event.at, None))
        self._deletions.append(
            deletion("Employee", last.data or {}, last.children, last.at, event.at)
        )

    def _edit_phone(self, event: _Event) -> None:
        self._record.details["cell_number"] = (
            f"+49 555 {self._dice.between(10**6, 10**7)}"
        )
        self._save(self._record, event.at)

    def _edit_address(self, event: _Event) -> None:
        house, street = self._dice.between(1, 140), self._person.last_name
        self._record.details["current_address"] = f"{house} {street} Lane"
        self._save(self._record, event.at)

    def _set_status(self, event: _Event) -> None:
        if self._record.status != "Left":
            self._record.status = event.subject
            self._save(self._record, event.at)

    def _enter_number(self, event: _Event) -> None:
        self._record.employee_number = self._person.employee_number
        self._save(self._record, event.at)


def _document_events(documents: list[Document]) -> Iterator[_Event]:
    for document in documents:
        yield _Event(document.entered_at, 1, "enter", document)
        if document.submitted_at is not None:
            yield _Event(document.submitted_at, 1, "submit", document)
        if document.cancelled_at is not None:
            yield _Event(document.cancelled_at, 1, "cancel", document)
        if document.deleted_at is not None:
            yield _Event(document.deleted_at, 5, "delete document", document)


def _separation_versions(
    separations: list[_Separation], closes_at: int
) -> Iterator[Version]:
    """Name the separations in the order of entry, and yield their versions."""
    counters: dict[int, int] = defaultdict(int)
    ordered = sorted(separations, key=lambda s: (s.entered_at, s.data["employee"]))
    for separation in ordered:
        year = to_date(site_day(separation.entered_at)).year
        counters[year] += 1
        name = f"HR-EMP-SEP-{year}-{counters[year]:05d}"
        steps = [(separation.entered_at, 0), (separation.submitted_at, 1)]
        if separation.cancelled_at is not None:
            steps.append((separation.cancelled_at, 2))
        snapshots = [
            Snapshot(
                at,
                {**heading(name, separation.entered_at, docstatus), **separation.data},
            )
            for at, docstatus in steps
            if at < closes_at
        ]
        yield from versions("Employee Separation", name, snapshots)


def _personal_data(person: Person, state: dict[str, Value], dice: Dice) -> Data:
    """Return what Employee holds of a person, typed with more or less care."""
    first = _untidy(person.first_name, dice, 0.03)
    last = _untidy(person.last_name, dice, 0.03)
    grade = words.GRADES.index(str(state["grade"]))
    mail = f"{person.first_name}.{person.last_name}.{person.person_id}"
    currencies = {c.company: c.currency for c in words.COMPANIES}
    return {
        "first_name": first,
        "middle_name": None,
        "last_name": last,
        "employee_name": f"{first} {last}",
        "gender": person.gender or dice.pick((None, "")),
        "date_of_birth": day_text(person.born_on),
        "contract_end_date": None,
        "cell_number": person.phone,
        "personal_email": person.email,
        "company_email": f"{mail}@harbour.example".lower(),
        "current_address": person.address,
        "iban": person.iban,
        "bank_ac_no": person.iban[-10:],
        "passport_number": f"DEMO{person.person_id:07d}",
        "marital_status": dice.pick(("Single", "Married", "Divorced", "")),
        "ctc": round(30_000 * 1.19**grade, 2),
        "salary_currency": currencies[str(state["company"])],
        "attendance_device_id": person.attendance_user_id,
    }


def _employee_data(record: _Record) -> Data:
    """Return the Employee document of a record, children apart."""
    return {
        **heading(record.name, record.created_at),
        "employee": record.name,
        "naming_series": "HR-EMP-",
        **record.details,
        "employee_number": record.employee_number,
        "status": record.status,
        "date_of_joining": day_text(record.date_of_joining),
        "company": record.state["company"],
        "department": record.state["department"],
        "designation": record.state["designation"],
        "branch": record.state["branch"],
        "reports_to": record.state["manager_person_id"],
        "employment_type": record.state["employment_type"],
        "grade": record.state["grade"],
        "holiday_list": None,
        "resignation_letter_date": _day_or_none(record.letter_on),
        "relieving_date": _day_or_none(record.relieving_date),
        "reason_for_leaving": record.reason,
    }


def _education(person: Person) -> list[Data]:
    """Return the schools of a person, one for each level up to the highest."""
    if person.education_level is None:
        return []
    highest = words.EDUCATION_LEVELS.index(person.education_level)
    born = to_date(person.born_on).year
    return [
        {
            "school_univ": f"{person.last_name} {school}",
            "qualification": qualification,
            "level": level,
            "year_of_passing": born + age,
            "class_per": None,
            "maj_opt_subj": None,
        }
        for level, school, qualification, age in _SCHOOLS[: highest + 1]
    ]


def _day_or_none(day: int | None) -> str | None:
    return None if day is None else day_text(day)


def _untidy(text: str | None, dice: Dice, share: float = 0.3) -> str | None:
    """Return free text as people type it: odd case, stray blanks, or tidy."""
    if text is None:
        return dice.pick((None, "", " "))
    if not dice.chance(share):
        return text
    return dice.pick((text.upper(), text.lower(), f" {text}", f"{text} ", f"  {text} "))
