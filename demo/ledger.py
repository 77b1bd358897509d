"""The ledger: what truly happened in the demo company, simulated and written down.

`simulate` is a pure function of its plan. `write` puts the truth into Parquet files,
one a table; the demo's source systems are told from it, the tests' oracle reads it.
"""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo import changes, workforce
from demo import vocabulary as words
from demo.facts import ENDS_ON, Department, Employment, Leave, Ledger, Plan, Value
from demo.instants import DAY, Dice, to_date, to_day, working_instants

_TIMESTAMP: Final = pa.timestamp("us")
_HOURS: Final = pa.decimal128(5, 2)
_LEAVES_A_YEAR: Final = 2.4

# The largest department strikes: at a share of the visible days, for as many days.
_STRIKERS: Final = "Production - HG"
_STRIKES: Final = ((0.55, 1), (0.9, 2))
_STRIKING_SHARE: Final = 0.55
_HOLIDAYS: Final = {(1, 1), (5, 1), (12, 25), (12, 26)}

SCHEMAS: Final[dict[str, list[tuple[str, pa.DataType]]]] = {
    "people": [
        ("person_id", pa.int64()),
        ("employee_number", pa.string()),
        ("first_name", pa.string()),
        ("last_name", pa.string()),
        ("gender", pa.string()),
        ("born_on", pa.date32()),
        ("attendance_user_id", pa.string()),
        ("email", pa.string()),
        ("phone", pa.string()),
        ("address", pa.string()),
        ("iban", pa.string()),
        ("education_level", pa.string()),
    ],
    "employments": [
        ("employment_id", pa.int64()),
        ("person_id", pa.int64()),
        ("company", pa.string()),
        ("department", pa.string()),
        ("branch", pa.string()),
        ("designation", pa.string()),
        ("grade", pa.string()),
        ("employment_type", pa.string()),
        ("manager_person_id", pa.int64()),
        ("exit_kind", pa.string()),
        ("exit_reason", pa.string()),
        ("weekly_hours", _HOURS),
        ("is_rehire", pa.bool_()),
        ("started_on", pa.date32()),
        ("ended_on", pa.date32()),
        ("recorded_at", _TIMESTAMP),
        ("end_recorded_at", _TIMESTAMP),
        ("retracted_at", _TIMESTAMP),
    ],
    "assignment_changes": [
        ("change_id", pa.int64()),
        ("employment_id", pa.int64()),
        ("effective_on", pa.date32()),
        ("field", pa.string()),
        ("old_value", pa.string()),
        ("new_value", pa.string()),
        ("kind", pa.string()),
        ("document", pa.string()),
        ("recorded_at", _TIMESTAMP),
        ("retracted_at", _TIMESTAMP),
    ],
    "contracted_hours": [
        ("employment_id", pa.int64()),
        ("person_id", pa.int64()),
        ("employee_number", pa.string()),
        ("effective_on", pa.date32()),
        ("weekly_hours", _HOURS),
        ("recorded_at", _TIMESTAMP),
    ],
    "departments": [
        ("department", pa.string()),
        ("department_name", pa.string()),
        ("parent_department", pa.string()),
        ("company", pa.string()),
        ("is_group", pa.bool_()),
        ("is_disabled", pa.bool_()),
        ("recorded_at", _TIMESTAMP),
    ],
    "branches": [
        ("branch", pa.string()),
        ("company", pa.string()),
        ("country", pa.string()),
        ("time_zone", pa.string()),
        ("recorded_at", _TIMESTAMP),
    ],
    "designations": [("designation", pa.string()), ("recorded_at", _TIMESTAMP)],
    "companies": [
        ("company", pa.string()),
        ("abbr", pa.string()),
        ("country", pa.string()),
        ("currency", pa.string()),
        ("recorded_at", _TIMESTAMP),
    ],
    "leaves": [
        ("leave_id", pa.int64()),
        ("employment_id", pa.int64()),
        ("person_id", pa.int64()),
        ("leave_type", pa.string()),
        ("status", pa.string()),
        ("is_half_day", pa.bool_()),
        ("from_on", pa.date32()),
        ("to_on", pa.date32()),
        ("recorded_at", _TIMESTAMP),
        ("decided_at", _TIMESTAMP),
    ],
}


def simulate(plan: Plan) -> Ledger:
    """Return the ledger of a plan: the same plan, the same ledger."""
    seeds = np.random.SeedSequence(plan.seed).spawn(5)
    who, what, absence, school, action = (np.random.default_rng(seed) for seed in seeds)
    force = workforce.simulate(who, plan)
    workforce.educate(school, force.people, force.employments)
    ledger = Ledger(plan=plan, people=force.people, employments=force.employments)
    changes.simulate(what, ledger)
    ledger.departments = departments(plan)
    ledger.leaves = _leaves(absence, plan, force.employments)
    for share, length in _STRIKES:
        ledger.leaves += _strike(Dice(action), ledger, share, length)
    return ledger


def departments(plan: Plan) -> list[Department]:
    """Return the versions of the department tree: as it began, then each change."""
    at = plan.go_live_at
    tree = [
        Department(
            words.ROOT_DEPARTMENT, words.ROOT_DEPARTMENT, None, None, True, False, at
        )
    ]
    for company in words.COMPANIES:
        absent = words.ABSENT_DEPARTMENTS[company.abbr]
        nodes = [(name, parent, True) for name, parent in words.GROUPS.items()]
        nodes += [
            (leaf.name, leaf.parent, False)
            for leaf in words.LEAVES
            if leaf.name not in absent
        ]
        for name, parent, is_group in nodes:
            label = f" {name} " if name == "Marketing" and is_first(company) else name
            tree.append(
                Department(
                    words.department_name(name, company.abbr),
                    label,
                    parent
                    if parent == words.ROOT_DEPARTMENT
                    else words.department_name(parent, company.abbr),
                    company.company,
                    is_group,
                    False,
                    at,
                )
            )
    return tree + _reorganised(plan, {node.department: node for node in tree})


def is_first(company: words.Company) -> bool:
    """Whether this is the group's parent company."""
    return company == words.COMPANIES[0]


def _reorganised(plan: Plan, tree: dict[str, Department]) -> list[Department]:
    """Return the later versions: re-parented, relabelled, disabled, relabelled."""
    span = plan.months * 30

    def at(share: float) -> int:
        day = plan.first_day + round(span * share)
        return day * DAY + 10 * DAY // 24

    def version(name: str, recorded_at: int, **new: Any) -> Department:
        old = tree[name]
        values = {slot: getattr(old, slot) for slot in Department.__slots__}
        tree[name] = Department(**{**values, **new, "recorded_at": recorded_at})
        return tree[name]

    hidden = plan.closes_at - 20 * DAY
    return [
        version("Data - HG", at(0.35), parent_department="Corporate - HG"),
        version(
            "Customer Support - HG", at(0.55), department_name="Customer Experience"
        ),
        version("Partnerships - HU", at(0.75), is_disabled=True),
        version("Facilities - HU", hidden, department_name="Workplace"),
    ]


def _leaves(
    rng: np.random.Generator, plan: Plan, employments: list[Employment]
) -> list[Leave]:
    """Draw leave applications, none overlapping another of the same employment."""
    real = [e for e in employments if e.retracted_at is None]
    started = np.array([max(e.started_on, plan.first_day) for e in real])
    ended = np.array([min(e.ended_on or plan.last_day, plan.last_day) for e in real])
    length = np.maximum(ended - started, 0)
    counts = rng.poisson(_LEAVES_A_YEAR * length / 365.25)
    owner = np.repeat(np.arange(len(real)), counts)
    size = owner.shape[0]
    from_on = started[owner] + np.floor(rng.random(size) * length[owner]).astype(
        np.int64
    )
    order = np.lexsort((from_on, owner))
    owner, from_on = owner[order], from_on[order]
    days = rng.integers(1, 13, size)
    to_on = np.minimum(from_on + days - 1, ended[owner] - 1)
    types = rng.choice(4, size=size, p=[0.66, 0.28, 0.03, 0.03])
    lag = np.where(types == 1, rng.integers(0, 4, size), -rng.integers(5, 80, size))
    floor = np.array([e.recorded_at for e in real], dtype=np.int64)[owner]
    recorded = np.maximum(working_instants(rng, from_on + lag), floor + DAY)
    decided = recorded + rng.integers(DAY // 24, 4 * DAY, size)
    dice = Dice(rng)
    leaves: list[Leave] = []
    previous = (-1, -1)
    rows = zip(
        owner.tolist(),
        from_on.tolist(),
        to_on.tolist(),
        types.tolist(),
        recorded.tolist(),
        decided.tolist(),
        strict=True,
    )
    for index, first, last, kind, told, answered in rows:
        if last < first or (index, first) <= previous:
            continue
        previous = (index, last)
        draw = dice.random()
        status = (
            "Approved" if draw < 0.9 else "Rejected" if draw < 0.95 else "Cancelled"
        )
        leaves.append(
            Leave(
                leave_id=len(leaves) + 1,
                employment_id=real[index].employment_id,
                leave_type=words.LEAVE_TYPES[kind],
                from_on=first,
                to_on=last,
                is_half_day=first == last and dice.chance(0.4),
                status="Open" if draw > 0.985 else status,
                recorded_at=told,
                decided_at=None if draw > 0.985 else answered,
            )
        )
    return leaves


def _strike(dice: Dice, ledger: Ledger, share: float, length: int) -> list[Leave]:
    """Return a strike of part of a department, from a Tuesday on.

    Nobody applies for it: HR enters and approves who was away in the days after. Who is
    on leave anyway does not strike.
    """
    first = _strike_day(ledger.plan, share, length)
    last = first + length - 1
    departments_held = _departments_on(ledger, first)
    away = {
        leave.employment_id
        for leave in ledger.leaves
        if leave.from_on <= last and leave.to_on >= first
    }
    striking = [
        employment
        for employment in ledger.employments
        if employment.retracted_at is None
        and employment.started_on <= first
        and (employment.ended_on is None or last < employment.ended_on)
        and departments_held[employment.employment_id] == _STRIKERS
        and employment.employment_id not in away
        and dice.chance(_STRIKING_SHARE)
    ]
    leaves = []
    for number, employment in enumerate(striking, start=len(ledger.leaves) + 1):
        told = max(
            dice.working_instant(last + dice.between(1, 6)),
            employment.recorded_at + DAY,
        )
        leaves.append(
            Leave(
                leave_id=number,
                employment_id=employment.employment_id,
                leave_type=words.STRIKE,
                from_on=first,
                to_on=last,
                is_half_day=False,
                status="Approved",
                recorded_at=told,
                decided_at=told + DAY // 24 * dice.between(1, 30),
            )
        )
    return leaves


def _strike_day(plan: Plan, share: float, length: int) -> int:
    """Return the first Tuesday from a share of the visible days with no holiday."""
    day = plan.first_day + int((to_day(ENDS_ON) - plan.first_day) * share)
    day += (1 - to_date(day).weekday()) % 7
    while any(
        (to_date(each).month, to_date(each).day) in _HOLIDAYS
        for each in range(day, day + length)
    ):
        day += 7
    return day


def _departments_on(ledger: Ledger, day: int) -> dict[int, str | None]:
    """Return the true department on a day, by employment."""
    held = {e.employment_id: _text(e.state["department"]) for e in ledger.employments}
    changed = [
        row
        for row in _change_rows(ledger)
        if row["field"] == "department"
        and row["retracted_at"] is None
        and row["effective_on"] <= day
    ]
    for row in sorted(changed, key=lambda row: (row["effective_on"], row["change_id"])):
        held[row["employment_id"]] = row["new_value"]
    return held


def tables(ledger: Ledger) -> dict[str, pa.Table]:
    """Return the ledger as Arrow tables, one for each name in `SCHEMAS`."""
    person_of = {e.employment_id: e.person_id for e in ledger.employments}
    number_of = {p.person_id: p.employee_number for p in ledger.people}
    at = ledger.plan.go_live_at
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "people": (_attributes(person) for person in ledger.people),
        "employments": (_employment_row(e) for e in ledger.employments),
        "assignment_changes": _change_rows(ledger),
        "contracted_hours": (
            {
                **_attributes(row),
                "person_id": person_of[row.employment_id],
                "employee_number": number_of[person_of[row.employment_id]],
                "weekly_hours": _decimal(row.weekly_hours),
            }
            for row in ledger.contracted_hours
        ),
        "departments": (_attributes(row) for row in ledger.departments),
        "branches": ({**row._asdict(), "recorded_at": at} for row in words.BRANCHES),
        "designations": (
            {"designation": name, "recorded_at": at} for name in words.DESIGNATIONS
        ),
        "companies": ({**row._asdict(), "recorded_at": at} for row in words.COMPANIES),
        "leaves": (
            {**_attributes(row), "person_id": person_of[row.employment_id]}
            for row in ledger.leaves
        ),
    }
    return {name: _table(SCHEMAS[name], own) for name, own in rows.items()}


def write(ledger: Ledger, folder: Path) -> None:
    """Write the ledger's tables into a folder, `<table>.parquet` each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables(ledger).items():
        pq.write_table(table, folder / f"{name}.parquet")


def _attributes(row: Any) -> dict[str, Any]:
    return {slot: getattr(row, slot) for slot in row.__slots__}


def _decimal(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _employment_row(employment: Employment) -> dict[str, Any]:
    return {
        **_attributes(employment),
        **employment.state,
        "weekly_hours": _decimal(employment.weekly_hours),
    }


def _change_rows(ledger: Ledger) -> list[dict[str, Any]]:
    """Return a row for each changed field of each document that was ever submitted."""
    corrected = {
        (c.employment_id, c.field, c.effective_on): c.recorded_at
        for c in ledger.corrections
    }
    rows: list[dict[str, Any]] = [
        {
            "employment_id": document.employment_id,
            "effective_on": document.effective_on,
            "field": field,
            "old_value": _text(document.old[field]),
            "new_value": _text(value),
            "kind": document.kind,
            "document": document.name,
            "recorded_at": document.submitted_at,
            "retracted_at": document.cancelled_at
            or corrected.get((document.employment_id, field, document.effective_on)),
        }
        for document in ledger.documents
        if document.submitted_at is not None
        for field, value in document.details.items()
    ]
    rows += [
        {
            "employment_id": correction.employment_id,
            "effective_on": correction.effective_on,
            "field": correction.field,
            "old_value": _text(correction.old),
            "new_value": _text(correction.new),
            "kind": "correction",
            "document": None,
            "recorded_at": correction.recorded_at,
            "retracted_at": None,
        }
        for correction in ledger.corrections
    ]
    rows.sort(key=lambda r: (r["recorded_at"], r["employment_id"], r["field"]))
    for number, row in enumerate(rows, start=1):
        row["change_id"] = number
    return rows


def _table(
    schema: list[tuple[str, pa.DataType]], rows: Iterable[dict[str, Any]]
) -> pa.Table:
    """Build a table column by column; days and instants are Arrow's own integers."""
    columns: dict[str, list[Any]] = {name: [] for name, _ in schema}
    for row in rows:
        for name, values in columns.items():
            values.append(row[name])
    integers = {pa.date32(): pa.int32(), _TIMESTAMP: pa.int64()}
    arrays = [
        pa.array(columns[name], type=integers.get(kind, kind)).cast(kind)
        for name, kind in schema
    ]
    return pa.table(arrays, names=[name for name, _ in schema])
