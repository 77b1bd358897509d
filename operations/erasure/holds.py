"""Holds: what a legal duty or a claim keeps, with its ground (Art. 17(3) GDPR).

They are in `erasure_holds.csv` in the company's folder, beside its seeds and not among
them: what dbt seeds, analysts read.
"""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from environment import Environment, company
from environment.errors import MusterError
from ingestion.erasure.personal import NUMBER
from operations.erasure.person import Person, unknown

FILE = "erasure_holds.csv"

ALL, PAY = "all", "pay"
"""What a hold keeps: all that is known, or the number that pay is kept under."""

KINDS = (ALL, PAY)


@dataclass(frozen=True)
class Hold:
    """A hold.

    Attributes:
        person: Whom it names: an employee number or the id of a record or application;
            empty for everybody.
        kind: One of `KINDS`.
        ground: The law or the claim.
        until_on: The first day on which it holds no more, ISO; empty until it is ended.
    """

    person: str
    kind: str
    ground: str
    until_on: str


def on_file(environment: Environment, today: date) -> list[Hold]:
    """The holds that are in force.

    Args:
        environment: The environment, which has to know whom they name.
        today: The present day.

    Raises:
        MusterError: A row is wrong, or names nobody who is known.
    """
    path = company() / FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = enumerate(csv.DictReader(file), 2)
        every = {line: _hold(row, f"{path.name}:{line}") for line, row in rows}
    found = {
        line: hold
        for line, hold in every.items()
        if not hold.until_on or date.fromisoformat(hold.until_on) > today
    }
    strangers = unknown(environment, {each.person for each in found.values()} - {""})
    for line, hold in found.items():
        if hold.person in strangers:
            raise MusterError(
                f"{path.name}:{line}: nobody is known by what this hold names: correct"
                " it, or nothing would be held.",
                2,
            )
    return [*found.values()]


def of(named: Collection[str], found: list[Hold]) -> list[Hold]:
    """The holds on somebody, and those on everybody.

    Args:
        named: The identifiers that a hold may name them by.
        found: All holds.
    """
    # Spreadsheets drop the zeros that a number begins with.
    called = {"", *(each.lstrip("0") for each in named)}
    return [hold for hold in found if hold.person.lstrip("0") in called]


def kept_by(found: list[Hold], person: Person) -> Person:
    """A person without the identifiers that holds keep."""
    if not any(each.kind == PAY for each in found):
        return person
    keys = {kind: each for kind, each in person.keys.items() if kind != NUMBER}
    held = {f"{NUMBER}, held for pay": [*person.keys.get(NUMBER, ())]}
    return Person(keys, person.texts, person.kept | held)


def _hold(row: dict[str, str], place: str) -> Hold:
    names = Hold.__dataclass_fields__
    hold = Hold(**{name: (row.get(name) or "").strip() for name in names})
    try:
        if hold.until_on:
            date.fromisoformat(hold.until_on)
        if hold.kind not in KINDS or not hold.ground:
            raise ValueError
    except ValueError:
        raise MusterError(
            f"{place}: a hold needs a kind ({' or '.join(KINDS)}), a ground, and a day"
            " written yyyy-mm-dd or none: correct it.",
            2,
        ) from None
    return hold
