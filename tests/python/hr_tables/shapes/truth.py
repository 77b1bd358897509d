"""What truly happened, person by person, told from the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import oracle
from oracle.employment import ASSIGNED_FIELDS, Employment, Workforce, rows_of
from oracle.pay import PaidLine, Sex, paid_lines, sex

from demo.facts import Plan

AS_AT = datetime(2026, 7, 1, 6)
"""The instant whose knowledge is exported: the demo company's clock at first."""

PLAN = Plan(seed=1, employees=60, months=18)
FIRST_MONTH, LAST_MONTH = date(2025, 1, 1), date(2026, 6, 1)
ONE_DAY = timedelta(days=1)

REASONS = {
    "voluntary": "Resignation",
    "involuntary": "Dismissal",
    "other": "Retirement",
}
"""The reason that a stranger's system gives for each kind of exit."""

Fields = dict[str, str | None]


def month_end(month: date) -> date:
    """The last day of a month given by any of its days."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE_DAY


def month_ends(first: date, last: date) -> list[date]:
    """The last days of the months from that of one day to that of another."""
    ends = [month_end(first)]
    while ends[-1] < month_end(last):
        ends.append(month_end(ends[-1] + ONE_DAY))
    return ends


@dataclass(frozen=True)
class Person:
    """Somebody who was employed at some time."""

    number: str
    first_name: str
    last_name: str
    sex: Sex
    born_on: date


@dataclass(frozen=True)
class Spell:
    """What held of an employment, or of its hours, from a day to before another."""

    from_on: date
    to_on: date | None
    fields: Fields


@dataclass(frozen=True)
class Stay:
    """One employment of one person, `[started_on, ended_on)`, and what it was like."""

    number: str
    started_on: date
    ended_on: date | None
    exit_kind: str | None
    is_rehire: bool
    jobs: tuple[Spell, ...]
    hours: tuple[Spell, ...]

    def contains(self, day: date) -> bool:
        """Whether the person was employed at the close of the day."""
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)

    def job(self, day: date) -> Fields:
        """The assignment on a day, or on the last day of one that was over by then."""
        if self.ended_on is not None:
            day = min(day, self.ended_on - ONE_DAY)
        return [spell.fields for spell in self.jobs if spell.from_on <= day][-1]

    def weekly_hours(self, day: date) -> str | None:
        """The contracted hours on a day, if there are any."""
        held = [spell for spell in self.hours if spell.from_on <= day]
        return held[-1].fields["weekly_hours"] if held else None

    def at_hand(self) -> "Stay":
        """The stay as of today: without an end or a job that is to come."""
        today = AS_AT.date()
        is_over = self.ended_on is not None and self.ended_on <= today
        return self if is_over else replace(self, ended_on=None, exit_kind=None)


@dataclass(frozen=True)
class Truth:
    """The company at the clock: its people, their employments and their pay."""

    ledger: Path
    workforce: Workforce
    people: dict[str, Person]
    stays: tuple[Stay, ...]

    @cached_property
    def lines(self) -> list[tuple[str, PaidLine]]:
        """Every line of pay that was paid, with the number of who got it."""
        numbers = self.workforce.employee_numbers
        return [
            (numbers[line.person_id], line) for line in paid_lines(self.ledger, AS_AT)
        ]

    def present(self, day: date) -> Iterator[Stay]:
        """The employments that hold at the close of a day."""
        return (stay for stay in self.stays if stay.contains(day))


def read(ledger: Path) -> Truth:
    """Read the truth from the folder of the ledger's files."""
    workforce = oracle.known(ledger, AS_AT)
    numbers = workforce.employee_numbers
    stays = [
        stay_of(workforce, each)
        for each in workforce.employments
        if not each.is_empty()
    ]
    stays.sort(key=lambda stay: (stay.started_on, stay.number))
    employed = {stay.number for stay in stays}
    people = {
        row["employee_number"]: Person(
            number=row["employee_number"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            sex=sex(row["gender"]),
            born_on=row["born_on"],
        )
        for row in rows_of(ledger, "people")
        if row["employee_number"] in employed
    }
    assert set(numbers.values()) >= employed
    return Truth(ledger, workforce, people, tuple(stays))


def stay_of(workforce: Workforce, employment: Employment) -> Stay:
    """An employment with the spells of its job and its hours."""
    end = employment.ended_on
    days = {employment.started_on} | {
        change.effective_on
        for change in employment.changes
        if employment.contains(change.effective_on)
    }
    jobs = [(day, job_on(workforce, employment, day)) for day in sorted(days)]
    contracts: dict[date, Decimal] = {}
    for contract in workforce.hours.get(employment.person_id, []):
        if end is None or contract.effective_on < end:
            since = max(contract.effective_on, employment.started_on)
            contracts[since] = contract.weekly_hours
    hours: list[tuple[date, Fields]] = [
        (day, {"weekly_hours": str(held)}) for day, held in sorted(contracts.items())
    ]
    return Stay(
        number=workforce.employee_numbers[employment.person_id],
        started_on=employment.started_on,
        ended_on=end,
        exit_kind=employment.exit_kind,
        is_rehire=employment.is_rehire,
        jobs=spells(jobs, end),
        hours=spells(hours, end),
    )


def job_on(workforce: Workforce, employment: Employment, day: date) -> Fields:
    """The assignment on a day, the manager by number."""
    fields = workforce.assignment(employment, day)
    manager = fields["manager_person_id"]
    told = {
        name: fields[name] for name in ASSIGNED_FIELDS if name != "manager_person_id"
    }
    told["manager"] = workforce.employee_numbers[int(manager)] if manager else None
    return told


def spells(dated: list[tuple[date, Fields]], end: date | None) -> tuple[Spell, ...]:
    """Spells from the days on which something began to hold, equal ones joined."""
    kept: list[tuple[date, Fields]] = []
    for day, fields in dated:
        if not kept or kept[-1][1] != fields:
            kept.append((day, fields))
    ends = [*(day for day, _ in kept[1:]), end]
    return tuple(
        Spell(day, to_on, fields)
        for (day, fields), to_on in zip(kept, ends, strict=True)
    )
