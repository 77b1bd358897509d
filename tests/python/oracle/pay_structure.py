"""What starters got, beside the employer's ranges of pay (Articles 5 and 6)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from oracle.headcount import first_of_next_month
from oracle.pay import WEEKS_OF_A_YEAR, Payroll
from oracle.pay_differences import Months, first_of, later

MONTHS_OF_STARTERS = 24


class Range(NamedTuple):
    """What the employer pays in a position, by its structure."""

    company: str
    designation: str
    least: Decimal
    most: Decimal
    currency: str
    valid_from: date


class Starters(NamedTuple):
    """How many of one sex began, with a pay that is known, and what it was."""

    started: int
    compared: int
    mean: float | None
    below: int
    above: int


def starters(
    paid: Payroll, months: Months, structure: Sequence[Range]
) -> dict[tuple[str, str, date], tuple[Starters, Starters]]:
    """Women and men who began in each position while a range held.

    Args:
        paid: what was known.
        months: what everybody was paid by month.
        structure: the employer's ranges.
    """
    since = later(first_of(paid.last_closed_day), 1 - MONTHS_OF_STARTERS)
    currencies = {
        (first_of(x.period_ends_on), x.company, x.person_id): x.currency
        for x in paid.lines
    }
    got: dict[tuple[str, str, date, str], list[Decimal | None]] = {}
    for person_id, employments in paid.employments.items():
        for employment in employments:
            day = employment.started_on
            if not since <= day <= paid.last_closed_day:
                continue
            state = paid.workforce.state(employment, day)
            held = in_force(structure, state.company, state.designation, day)
            if held is None:
                continue
            month = day if day.day == 1 else first_of_next_month(day)
            own = months.get((month, held.company, person_id))
            pay = None
            if (
                own
                and own.rate is not None
                and own.full_time is not None
                and currencies.get((month, held.company, person_id)) == held.currency
            ):
                year = own.rate * WEEKS_OF_A_YEAR * Fraction(own.full_time)
                pay = cents(year)
            key = (held.company, held.designation, held.valid_from)
            got.setdefault((*key, paid.sexes[person_id]), []).append(pay)
    return {
        (x.company, x.designation, x.valid_from): (
            counted(got.get((x.company, x.designation, x.valid_from, "female"), []), x),
            counted(got.get((x.company, x.designation, x.valid_from, "male"), []), x),
        )
        for x in structure
    }


def in_force(
    structure: Iterable[Range], company: str | None, designation: str, day: date
) -> Range | None:
    """The newest range of a position by a day."""
    held = [
        x
        for x in structure
        if x.company == company
        and x.designation.lower() == designation.lower()
        and x.valid_from <= day
    ]
    return max(held, key=lambda x: x.valid_from, default=None)


def counted(told: Sequence[Decimal | None], of: Range) -> Starters:
    """Those who began, held against a range."""
    known = [pay for pay in told if pay is not None]
    return Starters(
        len(told),
        len(known),
        float(sum(map(Fraction, known)) / len(known)) if known else None,
        sum(pay < of.least for pay in known),
        sum(pay > of.most for pay in known),
    )


def cents(amount: Fraction) -> Decimal:
    """An amount to the cent."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def ranges(rows: Iterable[Mapping[str, str]]) -> list[Range]:
    """The employer's table."""
    return [
        Range(
            row["company"],
            row["designation"],
            Decimal(row["annual_pay_from"]),
            Decimal(row["annual_pay_to"]),
            row["currency"],
            date.fromisoformat(row["valid_from"]),
        )
        for row in rows
    ]
