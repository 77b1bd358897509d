"""What the workforce cost in each month, in one currency."""

from collections import defaultdict
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from oracle.employment import rows_of
from oracle.headcount import Cell, headcount
from oracle.pay import ONE_DAY, Payroll
from oracle.totals import totals

PUBLISHED_AT = time(15, 0)
"""When a day's reference rates are published, UTC."""

ZERO = Fraction(0)


class Cost(NamedTuple):
    """The cost of a cell in a month; none where the month has no rate."""

    gross_pay: Decimal | None
    employer_cost: Decimal | None
    cost: Decimal | None
    fte: Decimal
    cost_per_fte: float | None


def mean_rates(ledger_dir: Path, as_at: datetime) -> dict[tuple[date, str], Fraction]:
    """Units for one euro of each currency: the mean of the month's published rates."""
    published: dict[tuple[date, str], list[Fraction]] = defaultdict(list)
    for row in rows_of(ledger_dir, "reference_rates"):
        if datetime.combine(row["rate_on"], PUBLISHED_AT) <= as_at:
            month = row["rate_on"].replace(day=1)
            published[month, row["currency"]].append(Fraction(row["rate"]))
            published[month, "EUR"].append(Fraction(1))
    return {
        key: sum(rates, Fraction(0)) / len(rates) for key, rates in published.items()
    }


def cell_of(paid: Payroll, person_id: int, period_ends_on: date) -> Cell:
    """Where the person was on their last day employed by the end of the period.

    Whoever is paid before the first day is where that day will find them.
    """
    held = paid.employments[person_id]
    begun = [x for x in held if x.started_on <= period_ends_on]
    employment = begun[-1] if begun else held[0]
    day = max(period_ends_on, employment.started_on)
    if employment.ended_on is not None:
        day = min(day, employment.ended_on - ONE_DAY)
    state = paid.workforce.state(employment, day)
    month = period_ends_on.replace(day=1)
    return Cell(month, state.department, state.region, state.designation)


def cents(amount: Fraction) -> Decimal:
    """The amount to the cent, the half away from zero."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def costs(
    paid: Payroll, ledger_dir: Path, as_at: datetime, currency: str = "EUR"
) -> dict[Cell, Cost]:
    """The cost of every cell and total of each closed month.

    Args:
        paid: what was known.
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
        currency: what every amount is converted to.
    """
    amounts: dict[tuple[Cell, str, str], Decimal] = defaultdict(Decimal)
    cells: dict[tuple[int, date], Cell] = {}
    for line in paid.lines:
        if line.line_type == "deduction" or line.period_ends_on > paid.last_closed_day:
            continue
        of_person = line.person_id, line.period_ends_on
        if of_person not in cells:
            cells[of_person] = cell_of(paid, *of_person)
        side = "employer" if line.line_type == "employer_cost" else "gross"
        amounts[cells[of_person], side, line.currency] += line.amount

    rates = mean_rates(ledger_dir, as_at)
    converted: dict[Cell, dict[str, Fraction]] = {}
    unrated: set[Cell] = set()
    for (cell, side, paid_in), amount in amounts.items():
        own, target = (
            rates.get((cell.month, paid_in)),
            rates.get((cell.month, currency)),
        )
        for total in totals(cell):
            sums = converted.setdefault(total, {"gross": ZERO, "employer": ZERO})
            if own is None or target is None:
                unrated.add(total)
            else:
                sums[side] += Fraction(amount) * target / own

    fte: dict[Cell, Decimal] = defaultdict(Decimal)
    for cell, (_, share) in headcount(ledger_dir, as_at).items():
        for total in totals(cell):
            fte[total] += share

    shown = {}
    for cell, sums in converted.items():
        if cell in unrated:
            shown[cell] = Cost(None, None, None, fte[cell], None)
            continue
        cost = sums["gross"] + sums["employer"]
        each = float(cost / Fraction(fte[cell])) if fte[cell] else None
        shown[cell] = Cost(
            cents(sums["gross"]), cents(sums["employer"]), cents(cost), fte[cell], each
        )
    return shown
