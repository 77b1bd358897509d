"""Differences in pay that an employer has to justify or to remedy (Article 10).

Told by people and months, one after the other; amounts are exact.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from oracle.employment import FULL_TIME_HOURS
from oracle.headcount import first_of_next_month
from oracle.pay import (
    COMPONENT_LINES,
    DIFFERENCE_TO_JUSTIFY_PCT,
    JUDGED_BASES,
    WEEKS_OF_A_YEAR,
    Level,
    PaidLine,
    Payroll,
    Sex,
    by_category,
    gap,
    mean,
    payer,
)

ONE_DAY = timedelta(days=1)
MONTHS_TO_REMEDY = 6
BONUS_MONTHS = {"annual bonus": 12, "spot bonus": 1}
"""The months that the demo company's bonuses are for, by text in lower case."""
MONTHS_OF_OTHER_BONUSES = 12
CENT = Fraction(1, 100)


class Key(NamedTuple):
    """The grain of a difference."""

    year: int
    company: str
    category: str
    basis: str


class Difference(NamedTuple):
    """Where one category's difference stands, and what an assessment has to hold."""

    difference: float | None
    rounded: Decimal | None
    direction: str | None
    assessment: str
    criteria: str | None
    since: int | None
    women: int
    men: int
    women_mean: float | None
    men_mean: float | None
    women_component: float | None
    men_component: float | None
    after: float | None
    women_returned: int
    women_improved: int
    men_returned: int
    men_improved: int


@dataclass
class Month:
    """What one company paid one person for one month."""

    sex: Sex
    category: str | None
    full_time: Decimal | int | None
    basic: Fraction = Fraction(0)
    gross: Fraction = Fraction(0)
    basic_hours: Fraction = Fraction(0)
    paid_hours: Fraction = Fraction(0)

    @property
    def rate(self) -> Fraction | None:
        """Basic pay by the hour."""
        return self.basic / self.basic_hours if self.basic_hours else None

    def level(self, basis: str) -> Fraction | None:
        """All pay, by the hour or at full time in a year."""
        if basis == "hourly":
            return self.gross / self.paid_hours if self.paid_hours else None
        if self.full_time is None or not self.basic_hours:
            return None
        return (
            self.gross * WEEKS_OF_A_YEAR * Fraction(self.full_time) / self.basic_hours
        )


Months = dict[tuple[date, str, int], Month]
"""By first day, company and person."""


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def later(day: date, months: int) -> date:
    """As many months later; the last day of a month that has no such day."""
    month = day.month - 1 + months
    first = date(day.year + month // 12, month % 12 + 1, 1)
    last = first_of_next_month(first) - ONE_DAY
    return first.replace(day=min(day.day, last.day))


def months_for(line: PaidLine) -> list[date]:
    """The months that a line is for, the one in which its period ends first."""
    count = 1
    if line.line_type == "bonus":
        told = line.description.strip().lower()
        count = BONUS_MONTHS.get(told, MONTHS_OF_OTHER_BONUSES)
    return [later(first_of(line.period_ends_on), n) for n in range(count)]


def by_month(paid: Payroll, categories: Mapping[str, str]) -> Months:
    """What everybody was paid for each closed month in which anybody was."""
    known = {
        first_of(x.period_ends_on)
        for x in paid.lines
        if first_of(x.period_ends_on) <= paid.last_closed_day
    }
    found: Months = {}
    for line in paid.lines:
        if line.line_type not in ("base", *COMPONENT_LINES):
            continue
        share = months_for(line)
        for number, month in enumerate(share):
            if month not in known:
                continue
            key = (month, line.company, line.person_id)
            if key not in found:
                found[key] = state_in(paid, line.person_id, month, categories)
            part = Fraction(line.amount) / len(share)
            found[key].gross += part
            hours = Fraction(line.hours) if number == 0 else Fraction(0)
            if line.line_type == "base":
                found[key].basic += part
                found[key].basic_hours += hours
            if line.line_type in ("base", "overtime"):
                found[key].paid_hours += hours
    return found


def state_in(
    paid: Payroll, person_id: int, month: date, categories: Mapping[str, str]
) -> Month:
    """An empty month of a person: the job is that of its last day, or of theirs."""
    last_day = first_of_next_month(month) - ONE_DAY
    begun = [x for x in paid.employments.get(person_id, []) if x.started_on <= last_day]
    if not begun:
        return Month(paid.sexes[person_id], None, None)
    employment = begun[-1]
    if employment.ended_on is not None:
        last_day = min(last_day, employment.ended_on - ONE_DAY)
    state = paid.workforce.state(employment, last_day)
    fields = paid.workforce.assignment(employment, last_day)
    country = paid.workforce.country(fields["branch"], state.company)
    return Month(
        paid.sexes[person_id],
        categories.get(state.designation.lower()),
        FULL_TIME_HOURS[country] if country else None,
    )


def absences(
    leaves: Iterable[Mapping[str, Any]], leave_types: Mapping[str, dict[str, str]]
) -> list[tuple[int, date, date]]:
    """Family leave: who, its first day and the day of return; what goes on is one."""
    days: dict[int, set[date]] = defaultdict(set)
    for leave in leaves:
        kind = leave_types.get(leave["leave_type"].strip().lower(), {}).get("kind")
        day = leave["from_on"]
        while kind == "parental" and day <= leave["to_on"]:
            days[leave["person_id"]].add(day)
            day += ONE_DAY
    found = []
    for person_id, taken in days.items():
        for first in sorted(day for day in taken if day - ONE_DAY not in taken):
            back = first
            while back in taken:
                back += ONE_DAY
            found.append((person_id, first, back))
    return found


def improvements(
    months: Months, away: Iterable[tuple[int, date, date]]
) -> dict[tuple[int, str, str, Sex], dict[int, bool]]:
    """Who returned where others' pay rose meanwhile, and whether theirs did.

    By year, company, category and sex.
    """
    companies = {company for _, company, _ in months}
    found: dict[tuple[int, str, str, Sex], dict[int, bool]] = defaultdict(dict)
    for person_id, first, back in away:
        before = first_of(first_of(first) - ONE_DAY)
        after = back if back.day == 1 else first_of_next_month(back)
        for company in companies:
            own = rise(months, before, after, company, person_id)
            if own is None:
                continue
            returned = months[after, company, person_id]
            if returned.category is None:
                continue
            others = [
                rise(months, before, after, company, other)
                for month, where, other in months
                if month == after
                and where == company
                and other != person_id
                and months[month, where, other].category == returned.category
                and (before, where, other) in months
                and months[before, where, other].category == returned.category
            ]
            if any(x is not None and x > CENT / 2 for x in others):
                key = (back.year, company, returned.category, returned.sex)
                found[key][person_id] = found[key].get(person_id, False) or (
                    own > CENT / 2
                )
    return found


def rise(
    months: Months, before: date, after: date, company: str, person_id: int
) -> Fraction | None:
    """By how much basic pay by the hour rose between two months; nothing of neither."""
    told = [months.get((month, company, person_id)) for month in (before, after)]
    rates = [month.rate if month else None for month in told]
    if rates[0] is None or rates[1] is None:
        return None
    return rates[1] - rates[0]


def difference_in(
    months: Months, month: date, company: str, category: str, basis: str
) -> float | None:
    """The difference in mean pay of one month."""
    levels: dict[Sex, list[Fraction]] = defaultdict(list)
    for (when, where, _), paid in months.items():
        level = paid.level(basis)
        is_there = (when, where, paid.category) == (month, company, category)
        if is_there and paid.gross > 0 and level is not None:
            levels[paid.sex].append(level)
    women, men = mean(levels["female"]), mean(levels["male"])
    if women is None or not men:
        return None
    return float(100 * (men - women) / men)


def assess(
    difference: float | None,
    *,
    is_justified: bool,
    remedy_due_on: date | None,
    is_month_closed: bool,
    after: float | None,
    as_at_on: date,
) -> str:
    """Where the three conditions of Article 10(1) stand."""
    if difference is None:
        return "not_compared"
    if abs(difference) < DIFFERENCE_TO_JUSTIFY_PCT:
        return "below_threshold"
    if is_justified:
        return "justified"
    if remedy_due_on is None:
        return "not_submitted"
    if as_at_on <= remedy_due_on:
        return "time_to_remedy"
    if not is_month_closed:
        return "not_known_yet"
    if after is None:
        return "not_compared_after"
    is_remedied = abs(after) < DIFFERENCE_TO_JUSTIFY_PCT
    return "remedied" if is_remedied else "not_remedied"


def differences(
    paid: Payroll,
    levels: Sequence[Level],
    categories: Mapping[str, str],
    leave_types: Mapping[str, dict[str, str]],
    submitted: Mapping[tuple[str, int], date],
    criteria: Mapping[tuple[str, str], str],
    as_at_on: date,
) -> dict[Key, Difference]:
    """Differences of the employers whose report on a year was submitted.

    Args:
        paid: what was known.
        levels: the pay levels of years.
        categories: the category of each designation, by its name in lower case.
        leave_types: the employer's own table, by type of leave in lower case.
        submitted: the day on which a report was submitted, by company and year.
        criteria: what justifies a difference at the end of every year, by company and
            category.
        as_at_on: the day of what is known.
    """
    months = by_month(paid, categories)
    returned = improvements(months, absences(paid.leaves, leave_types))
    found: dict[Key, Difference] = {}
    groups = by_category(paid, levels, categories)
    for (year, company, category), people in sorted(groups.items()):
        submitted_on = submitted.get((company, year))
        if submitted_on is None or submitted_on > as_at_on:
            continue
        due_on = later(submitted_on, MONTHS_TO_REMEDY)
        month = first_of(first_of(due_on + ONE_DAY) - ONE_DAY)
        is_closed = month <= paid.last_closed_day
        for basis in JUDGED_BASES:
            compared = [x for x in people if x.has(basis)]
            value = gap(compared, payer("gross", basis), mean)
            after = (
                difference_in(months, month, company, category, basis)
                if is_closed
                else None
            )
            own = criteria.get((company, category))
            assessment = assess(
                value,
                is_justified=own is not None,
                remedy_due_on=due_on,
                is_month_closed=is_closed,
                after=after,
                as_at_on=as_at_on,
            )
            is_difference = assessment not in ("not_compared", "below_threshold")
            before = found.get(Key(year - 1, company, category, basis))
            back = {
                x: returned.get((year, company, category, x), {})
                for x in ("female", "male")
            }
            found[Key(year, company, category, basis)] = Difference(
                value,
                one_decimal(value),
                direction(value),
                assessment,
                own,
                ((before.since if before else None) or year) if is_difference else None,
                sum(x.sex == "female" for x in compared),
                sum(x.sex == "male" for x in compared),
                average(compared, "female", "gross", basis),
                average(compared, "male", "gross", basis),
                average(compared, "female", "components", basis),
                average(compared, "male", "components", basis),
                after,
                len(back["female"]),
                sum(back["female"].values()),
                len(back["male"]),
                sum(back["male"].values()),
            )
    return found


def average(
    people: Iterable[Level], sex: Sex, component: str, basis: str
) -> float | None:
    """The mean pay level of one sex."""
    told = mean([x.pay(component, basis) for x in people if x.sex == sex])
    return None if told is None else float(told)


def direction(difference: float | None) -> str | None:
    """Who has less."""
    if difference is None:
        return None
    if difference == 0:
        return "alike"
    return "women_have_less" if difference > 0 else "men_have_less"


def one_decimal(value: float | None) -> Decimal | None:
    """A figure as it leaves the restricted database: half away from zero."""
    if value is None:
        return None
    return Decimal(repr(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
