"""Holds: what a legal duty or a claim keeps, with its ground (Art. 17(3) GDPR).

They are in `erasure_holds.csv` in the company's folder, beside its seeds and not among
them: what dbt seeds, analysts read.
"""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from environment import company
from environment.errors import MusterError
from ingestion.erasure.personal import NUMBER
from operations.erasure.person import Person

FILE = "erasure_holds.csv"

ALL, PAY = "all", "pay"
"""What a hold keeps: all that is known, or the number that pay is kept under."""

KINDS = (ALL, PAY)


@dataclass(frozen=True)
class Hold:
    """A hold.

    Attributes:
        kind: One of `KINDS`.
        ground: The law or the claim.
        until_on: The first day on which it holds no more, ISO; empty until it is ended.
    """

    kind: str
    ground: str
    until_on: str


def of(named: Collection[str], today: date) -> list[Hold]:
    """The holds on a person, and those on everybody.

    Args:
        named: The identifiers that a hold may name them by.
        today: The present day.

    Raises:
        MusterError: A row is wrong.
    """
    path = company() / FILE
    if not path.exists():
        return []
    found, called = [], {"", *(each.lstrip("0") for each in named)}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            hold = _hold(row, f"{path.name}:{line}")
            is_on = not hold.until_on or date.fromisoformat(hold.until_on) > today
            if is_on and _person(row) in called:
                found.append(hold)
    return found


def kept_by(found: list[Hold], person: Person) -> Person:
    """A person without the identifiers that holds keep."""
    if not any(each.kind == PAY for each in found):
        return person
    keys = {kind: each for kind, each in person.keys.items() if kind != NUMBER}
    held = {f"{NUMBER}, held for pay": [*person.keys.get(NUMBER, ())]}
    return Person(keys, person.texts, person.kept | held)


def _person(row: dict[str, str]) -> str:
    """Whom a row names, without the zeros that spreadsheets drop."""
    return (row.get("person") or "").strip().lstrip("0")


def _hold(row: dict[str, str], place: str) -> Hold:
    values = {
        name: (row.get(name) or "").strip() for name in ("kind", "ground", "until_on")
    }
    hold = Hold(**values)
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
