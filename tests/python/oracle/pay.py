"""What people were paid, and the gaps between women and men.

Amounts are exact: decimals as payroll has them, fractions for what is divided. A gap
is a float, the nearest to its fraction.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NamedTuple

from oracle.employment import (
    FULL_TIME_HOURS,
    Employment,
    State,
    Workforce,
    counts_at,
    known,
    rows_of,
)
from oracle.headcount import first_of_next_month, months

DIFFERENCE_TO_JUSTIFY_PCT = 5.0
SNAPSHOT = (4, 5)
"""Month and day on which the UK counts who is employed."""

RELEVANT_DATE = (6, 30)
"""The day in June that Ireland's figures end with, as the project has it."""

QUARTERS = ("lower", "lower_middle", "upper_middle", "upper")
BASES = {
    "eu": ("hourly", "annualised", "as_paid"),
    "uk": ("hourly",),
    "ie": ("hourly",),
}
JUDGED_BASES = ("hourly", "annualised")
"""The pay levels on which a difference has to be justified; the other is shown."""

COMPONENT_LINES = (
    "bonus",
    "allowance",
    "overtime",
    "pay_in_kind",
    "pension_contribution",
    "severance",
)
WEEKS_OF_A_YEAR = 52
DAYS_OF_A_YEAR = Fraction("365.25")
DAYS_OF_A_MONTH = Fraction("30.44")
DAYS_OF_A_WEEK = 7
BONUS_PERIODS = {"annual bonus": DAYS_OF_A_YEAR, "spot bonus": DAYS_OF_A_MONTH}
"""The days that the demo company's bonuses are for, by payroll's text in lower case."""

ONE_DAY = timedelta(days=1)
NOTHING = Decimal(0)

Sex = Literal["female", "male", "undeclared", "other"]
SEXES: dict[str, Sex] = {"women": "female", "men": "male"}


class PaidLine(NamedTuple):
    """A line of a payslip in a run that was paid."""

    person_id: int
    company: str
    currency: str
    line_type: str
    description: str
    amount: Decimal
    hours: Decimal
    period_starts_on: date
    period_ends_on: date
    paid_on: date


@dataclass(frozen=True)
class Level:
    """What one company paid one person, as one regime counts a reference year.

    Attributes:
        employee: The employee number.
        reason: Why the person is in the population, or is not.
        is_relevant: Whether bonuses and components are counted of this person.
        components: In the UK, of a bonus of the pay period the part that falls to it.
        bonus: The bonuses that count, over their own period in the UK.
        hours: What pay is divided by to be hourly: paid hours, in the UK those of the
            contract in as many days as the pay period counts.
        scale: What the pay of the year is multiplied by to be that of a full year at
            full time.
        is_assumed: Whether pay rests on what nobody said.
        has_in_kind: Whether anything was given in kind.
        kinds: Full or part time, and the kind of contract.
    """

    regime: str
    year: int
    company: str
    employee: str
    person_id: int
    currency: str
    sex: Sex
    reason: str
    is_in_population: bool
    is_relevant: bool
    basic: Decimal
    components: Decimal | Fraction
    bonus: Decimal
    hours: Decimal | Fraction
    scale: Fraction = Fraction(1)
    is_assumed: bool = False
    has_in_kind: bool = False
    kinds: tuple[str, str] = ("unknown", "unknown")

    @property
    def gross(self) -> Fraction:
        """Basic pay and components."""
        return Fraction(self.basic) + Fraction(self.components)

    @property
    def counted_components(self) -> Decimal | Fraction:
        """What receiving components means: any in the EU, bonuses elsewhere."""
        return self.components if self.regime == "eu" else self.bonus

    def pay(self, component: str, basis: str) -> Fraction:
        """A pay level: all of it, or one component; in the year or in an hour."""
        amounts = {
            "gross": self.gross,
            "basic": Fraction(self.basic),
            "components": Fraction(self.components),
        }
        amount = amounts[component]
        if basis == "as_paid":
            return amount
        if basis == "annualised":
            return amount * self.scale
        return amount / Fraction(self.hours)

    def has(self, basis: str) -> bool:
        """Whether there is a pay level: by the hour there is one where hours are."""
        return basis != "hourly" or self.hours > 0


class Figure(NamedTuple):
    """A figure by sex; counts are of those it rests on."""

    value: float | None
    women: int
    men: int
    others: int


class GapKey(NamedTuple):
    """The grain of the pay gap."""

    regime: str
    year: int
    company: str
    basis: str
    metric: str


class Quarter(NamedTuple):
    """Women and men in a quarter of the pay levels."""

    women: int
    men: int


class CategoryGap(NamedTuple):
    """Gaps in one component of the pay of one category of workers."""

    women: int
    men: int
    others: int
    mean_gap: float | None
    median_gap: float | None
    is_difference_to_justify: bool | None


def sex(gender: str | None) -> Sex:
    """The sex that a recorded gender stands for in the law's comparison."""
    told = (gender or "").strip().lower()
    if told in ("", "prefer not to say"):
        return "undeclared"
    if told == "female":
        return "female"
    return "male" if told == "male" else "other"


def paid_lines(ledger_dir: Path, as_at: datetime) -> list[PaidLine]:
    """Every line of every run that was paid, as payroll had it at an instant."""
    runs = {
        row["pay_run_id"]: row
        for row in rows_of(ledger_dir, "pay_runs")
        if counts_at(row, as_at) and row["status"] == "paid"
    }
    slips = {
        row["payslip_id"]: row
        for row in rows_of(ledger_dir, "payslips")
        if counts_at(row, as_at) and row["pay_run_id"] in runs
    }
    lines = []
    for row in rows_of(ledger_dir, "payslip_lines"):
        if not counts_at(row, as_at) or row["payslip_id"] not in slips:
            continue
        slip = slips[row["payslip_id"]]
        run = runs[slip["pay_run_id"]]
        lines.append(
            PaidLine(
                person_id=slip["person_id"],
                company=run["company"],
                currency=run["currency"],
                line_type=row["line_type"],
                description=row["description"],
                amount=row["amount"],
                hours=row["hours"] or NOTHING,
                period_starts_on=run["period_start"],
                period_ends_on=run["period_end"],
                paid_on=run["paid_on"],
            )
        )
    return lines


def amount_of(lines: Iterable[PaidLine], *line_types: str) -> Decimal:
    """The sum of the lines of the types."""
    return sum((x.amount for x in lines if x.line_type in line_types), NOTHING)


def hours_of(lines: Iterable[PaidLine], *line_types: str) -> Decimal:
    """The hours paid by the lines of the types."""
    return sum((x.hours for x in lines if x.line_type in line_types), NOTHING)


@dataclass(frozen=True)
class Payroll:
    """What was paid and who was employed, as both were known at an instant."""

    workforce: Workforce
    employments: dict[int, list[Employment]]
    lines: list[PaidLine]
    sexes: dict[int, Sex]
    leaves: list[dict[str, Any]]
    first_day: date
    last_closed_day: date


def payroll(ledger_dir: Path, as_at: datetime) -> Payroll:
    """Read what the pay figures rest on.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    lines = paid_lines(ledger_dir, as_at)
    workforce = known(ledger_dir, as_at)
    recorded = {employment.person_id for employment in workforce.employments}
    held: dict[int, list[Employment]] = defaultdict(list)
    for employment in sorted(workforce.employments, key=lambda e: e.started_on):
        if not employment.is_empty():
            held[employment.person_id].append(employment)
    approved = [
        row
        for row in rows_of(ledger_dir, "leaves")
        if row["recorded_at"] <= as_at
        and row["decided_at"] is not None
        and row["decided_at"] <= as_at
        and row["status"] == "Approved"
    ]
    return Payroll(
        workforce=workforce,
        employments=held,
        lines=[line for line in lines if line.person_id in recorded],
        sexes={
            row["person_id"]: sex(row["gender"])
            for row in rows_of(ledger_dir, "people")
        },
        leaves=approved,
        first_day=min(line.period_starts_on for line in lines),
        last_closed_day=first_of_next_month(months(ledger_dir, as_at)[-1]) - ONE_DAY,
    )


def calendar_years(paid: Payroll) -> list[int]:
    """The years that both payroll and the closed months cover wholly."""
    return [
        year
        for year in range(paid.first_day.year, paid.last_closed_day.year + 1)
        if paid.first_day <= date(year, 1, 1)
        and date(year, 12, 31) <= paid.last_closed_day
    ]


def snapshot_years(paid: Payroll) -> list[int]:
    """The years whose snapshot has twelve known months before it."""
    return [
        year
        for year in range(paid.first_day.year, paid.last_closed_day.year + 1)
        if paid.first_day <= date(year - 1, *SNAPSHOT) + ONE_DAY
        and date(year, *SNAPSHOT) <= paid.last_closed_day
    ]


def by_payee(lines: Iterable[PaidLine]) -> dict[tuple[int, str], list[PaidLine]]:
    """The lines of each person in each company."""
    found: dict[tuple[int, str], list[PaidLine]] = defaultdict(list)
    for line in lines:
        found[line.person_id, line.company].append(line)
    return found


def eu_levels(paid: Payroll) -> list[Level]:
    """Everyone paid in a calendar year, by whichever company paid them."""
    found = []
    for year in calendar_years(paid):
        in_year = by_payee(x for x in paid.lines if x.period_starts_on.year == year)
        for (person_id, company), lines in in_year.items():
            basic = amount_of(lines, "base")
            components = amount_of(lines, *COMPONENT_LINES)
            hours = hours_of(lines, "base", "overtime")
            if basic + components <= 0:
                reason = "no_gross_pay"
            elif hours <= 0:
                reason = "no_paid_hours"
            else:
                reason = "paid_in_the_year"
            scale = full_year(paid, person_id, year, hours_of(lines, "base"))
            found.append(
                Level(
                    regime="eu",
                    year=year,
                    company=company,
                    employee=paid.workforce.employee_numbers[person_id],
                    person_id=person_id,
                    currency=lines[0].currency,
                    sex=paid.sexes[person_id],
                    reason=reason,
                    is_in_population=reason != "no_gross_pay",
                    is_relevant=reason != "no_gross_pay",
                    basic=basic,
                    components=components,
                    bonus=amount_of(lines, "bonus"),
                    hours=hours,
                    scale=Fraction(1) if scale is None else scale,
                    is_assumed=scale is None,
                )
            )
    return found


def full_year(
    paid: Payroll, person_id: int, year: int, hours: Decimal
) -> Fraction | None:
    """What makes the pay of some hours that of a full year at full time.

    Full time is that of the country where the person was last by the end of the year.
    Nothing where nobody knows it, or where ordinary pay was for no hours.
    """
    found = last_state(paid, person_id, year)
    if found is None or hours <= 0:
        return None
    employment, state = found
    fields = paid.workforce.assignment(employment, last_day_of(employment, year))
    country = paid.workforce.country(fields["branch"], state.company)
    if country is None:
        return None
    return Fraction(WEEKS_OF_A_YEAR * FULL_TIME_HOURS[country]) / Fraction(hours)


def reduces_pay(leave_type: str, leave_types: Mapping[str, dict[str, str]]) -> bool:
    """Whether who takes such leave is paid less than usual, other than by a strike."""
    entry = leave_types.get(leave_type.strip().lower())
    return (
        entry is not None
        and entry["pay_effect"] in ("reduced_pay", "unpaid")
        and entry["kind"] != "industrial_action"
    )


def uk_levels(paid: Payroll, leave_types: Mapping[str, dict[str, str]]) -> list[Level]:
    """Everyone employed by a company on a snapshot date, or paid in its pay period."""
    found = []
    for year in snapshot_years(paid):
        snapshot = date(year, *SNAPSHOT)
        year_before = date(year - 1, *SNAPSHOT)
        in_period = by_payee(
            line
            for line in paid.lines
            if line.period_starts_on <= snapshot <= line.period_ends_on
            and line.period_ends_on <= paid.last_closed_day
        )
        in_months_before = by_payee(
            line for line in paid.lines if year_before < line.paid_on <= snapshot
        )
        periods = {
            company: (lines[0].period_starts_on, lines[0].period_ends_on, lines[0])
            for (_, company), lines in in_period.items()
        }
        employed: dict[tuple[int, str], bool] = dict.fromkeys(in_period, False)
        for employment in paid.workforce.employments:
            if is_employed_at_any_time_of(snapshot, employment):
                company = paid.workforce.state(employment, snapshot).company
                if company in periods:
                    employed[employment.person_id, company] = True
        for (person_id, company), is_relevant in employed.items():
            starts_on, ends_on, a_line = periods[company]
            lines = in_period.get((person_id, company), [])
            basic = amount_of(lines, "base")
            allowances = amount_of(lines, "allowance")
            days = days_of(starts_on, ends_on)
            weekly = weekly_hours(paid, person_id, snapshot)
            if weekly is None:
                weekly = Fraction(hours_of(lines, "base")) * DAYS_OF_A_WEEK / days
            bonuses = [line for line in lines if line.line_type == "bonus"]
            is_on_reduced_pay = any(
                leave["person_id"] == person_id
                and leave["from_on"] <= ends_on
                and leave["to_on"] >= starts_on
                and reduces_pay(leave["leave_type"], leave_types)
                for leave in paid.leaves
            )
            if not is_relevant:
                reason = "not_employed_on_snapshot"
            elif is_on_reduced_pay:
                reason = "reduced_pay_leave"
            elif basic + allowances <= 0:
                reason = "no_ordinary_pay"
            elif weekly <= 0:
                reason = "no_hours"
            else:
                reason = "full_pay_relevant"
            found.append(
                Level(
                    regime="uk",
                    year=year,
                    company=company,
                    employee=paid.workforce.employee_numbers[person_id],
                    person_id=person_id,
                    currency=a_line.currency,
                    sex=paid.sexes[person_id],
                    reason=reason,
                    is_in_population=reason in ("full_pay_relevant", "no_hours"),
                    is_relevant=is_relevant,
                    basic=basic,
                    components=Fraction(allowances)
                    + sum((part_in(line, days) for line in bonuses), Fraction(0)),
                    bonus=amount_of(
                        in_months_before.get((person_id, company), []), "bonus"
                    ),
                    hours=weekly * days / DAYS_OF_A_WEEK,
                    is_assumed=any(
                        bonus_days(line.description) is None for line in bonuses
                    ),
                )
            )
    return found


def ie_levels(
    paid: Payroll, employment_types: Mapping[str, Mapping[str, str]]
) -> list[Level]:
    """Everyone employed on a day in June, or paid in the twelve months up to it."""
    found = []
    for year in range(paid.first_day.year + 1, paid.last_closed_day.year + 1):
        before, day = date(year - 1, *RELEVANT_DATE), date(year, *RELEVANT_DATE)
        if paid.first_day > before + ONE_DAY or day > paid.last_closed_day:
            continue
        within = by_payee(x for x in paid.lines if before < x.period_ends_on <= day)
        currencies = {company: x[0].currency for (_, company), x in within.items()}
        employed: dict[tuple[int, str], tuple[str, str] | None]
        employed = dict.fromkeys(within)
        for employment in paid.workforce.employments:
            if is_employed_at_any_time_of(day, employment):
                state = paid.workforce.state(employment, day)
                kind = employment_types.get(
                    (state.employment_type or "").strip().lower(), {}
                )
                if state.company in currencies:
                    employed[employment.person_id, state.company] = (
                        working_time(
                            paid.workforce, employment.person_id, state, kind, day
                        ),
                        kind.get("contract_kind", "unknown"),
                    )
        for (person_id, company), kinds in employed.items():
            lines = within.get((person_id, company), [])
            basic = amount_of(lines, "base")
            components = amount_of(lines, "allowance", "overtime", "bonus")
            hours = hours_of(lines, "base", "overtime")
            if kinds is None:
                reason = "not_employed_on_snapshot"
            elif basic + components <= 0:
                reason = "no_gross_pay"
            else:
                reason = "employed_on_snapshot" if hours > 0 else "no_paid_hours"
            is_paid = reason in ("employed_on_snapshot", "no_paid_hours")
            found.append(
                Level(
                    regime="ie",
                    year=year,
                    company=company,
                    employee=paid.workforce.employee_numbers[person_id],
                    person_id=person_id,
                    currency=currencies[company],
                    sex=paid.sexes[person_id],
                    reason=reason,
                    is_in_population=is_paid,
                    is_relevant=kinds is not None,
                    basic=basic,
                    components=components,
                    bonus=amount_of(lines, "bonus"),
                    hours=hours,
                    is_assumed=any(
                        bonus_days(line.description) is None
                        for line in lines
                        if line.line_type == "bonus"
                    ),
                    has_in_kind=amount_of(lines, "pay_in_kind") > 0,
                    kinds=kinds or ("unknown", "unknown"),
                )
            )
    return found


def working_time(
    workforce: Workforce,
    person_id: int,
    state: State,
    kind: Mapping[str, str],
    day: date,
) -> str:
    """Full or part time on a day: by hours where any are agreed, else by the type."""
    agreed = [x for x in workforce.hours.get(person_id, []) if x.effective_on <= day]
    if agreed and state.country is not None:
        return "part_time" if state.fte < 1 else "full_time"
    return kind.get("working_time") or "unknown"


def is_employed_at_any_time_of(day: date, employment: Employment) -> bool:
    """Whether the day is between the first day of work and the last, both included."""
    if employment.is_empty() or day < employment.started_on:
        return False
    return employment.ended_on is None or day <= employment.ended_on


def days_of(starts_on: date, ends_on: date) -> Fraction:
    """The days that a pay period counts: a calendar month 30.44, any other its own."""
    is_month = (
        starts_on.day == 1 and first_of_next_month(starts_on) == ends_on + ONE_DAY
    )
    return DAYS_OF_A_MONTH if is_month else Fraction((ends_on - starts_on).days + 1)


def bonus_days(description: str) -> Fraction | None:
    """The days that a bonus is for; nothing where the employer does not say."""
    return BONUS_PERIODS.get(description.strip().lower())


def part_in(bonus: PaidLine, days: Fraction) -> Fraction:
    """Of a bonus, what falls to a pay period; without a word it is for a year."""
    return (
        Fraction(bonus.amount)
        * days
        / (bonus_days(bonus.description) or DAYS_OF_A_YEAR)
    )


def weekly_hours(paid: Payroll, person_id: int, day: date) -> Fraction | None:
    """The hours a week that the person's contract says on a day."""
    agreed = [
        contract.weekly_hours
        for contract in paid.workforce.hours.get(person_id, [])
        if contract.effective_on <= day
    ]
    return Fraction(agreed[-1]) if agreed else None


def levels(
    paid: Payroll,
    leave_types: Mapping[str, dict[str, str]],
    employment_types: Mapping[str, Mapping[str, str]],
) -> list[Level]:
    """Every pay level of all regimes.

    Args:
        paid: what was known.
        leave_types: the employer's own table, by type of leave in lower case.
        employment_types: likewise, by type of employment.
    """
    return [
        *eu_levels(paid),
        *uk_levels(paid, leave_types),
        *ie_levels(paid, employment_types),
    ]


def mean(values: Sequence[Fraction]) -> Fraction | None:
    """The arithmetic mean; nothing of nobody."""
    return sum(values, Fraction(0)) / len(values) if values else None


def median(values: Sequence[Fraction]) -> Fraction | None:
    """The middle value, of an even number the mean of the middle two."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


Middle = Callable[[Sequence[Fraction]], Fraction | None]


def gap(
    people: Iterable[Level], level: Callable[[Level], Fraction], middle: Middle
) -> float | None:
    """How far women's mean or median lies below men's, in per cent of men's."""
    people = list(people)
    women = middle([level(x) for x in people if x.sex == "female"])
    men = middle([level(x) for x in people if x.sex == "male"])
    if women is None or men is None or men == 0:
        return None
    return float((men - women) / men * 100)


def payer(component: str, basis: str) -> Callable[[Level], Fraction]:
    """The pay level of a component and basis, of any person."""
    return lambda level: level.pay(component, basis)


def counts(people: Iterable[Level]) -> tuple[int, int, int]:
    """Women, men, and those who are neither of the two that the law compares."""
    people = list(people)
    women = sum(x.sex == "female" for x in people)
    men = sum(x.sex == "male" for x in people)
    return women, men, len(people) - women - men


def share(
    people: Iterable[Level],
    of: Sex,
    receives: Callable[[Level], bool] = lambda x: x.counted_components > 0,
) -> float | None:
    """The share of one sex who receive components, or something else, in per cent."""
    received = [receives(x) for x in people if x.sex == of]
    return float(Fraction(100 * sum(received), len(received))) if received else None


def by_company(found: Iterable[Level]) -> dict[tuple[str, int, str], list[Level]]:
    """The levels of each regime, year and company."""
    groups: dict[tuple[str, int, str], list[Level]] = defaultdict(list)
    for level in found:
        groups[level.regime, level.year, level.company].append(level)
    return groups


def gaps(found: Iterable[Level]) -> dict[GapKey, Figure]:
    """The figures (a) to (e) of each regime, year, company and basis.

    Figures about components rest on everyone in the EU, on recipients elsewhere.
    """
    figures = {}
    for (regime, year, company), people in by_company(found).items():
        for basis in BASES[regime]:
            population = [x for x in people if x.is_in_population and x.has(basis)]
            relevant = [
                x for x in people if x.is_relevant and (regime != "eu" or x.has(basis))
            ]
            recipients = (
                relevant if regime == "eu" else [x for x in relevant if x.bonus > 0]
            )

            def gross(level: Level, basis: str = basis) -> Fraction:
                return level.pay("gross", basis)

            def extra(level: Level, basis: str = basis) -> Fraction:
                if level.regime != "eu":
                    return Fraction(level.bonus)
                return level.pay("components", basis)

            told = {
                "a_mean_gap": (population, gap(population, gross, mean)),
                "b_mean_component_gap": (recipients, gap(recipients, extra, mean)),
                "c_median_gap": (population, gap(population, gross, median)),
                "d_median_component_gap": (recipients, gap(recipients, extra, median)),
                "e_component_share_women": (relevant, share(relevant, "female")),
                "e_component_share_men": (relevant, share(relevant, "male")),
            }
            if regime == "ie":
                for place, kind in enumerate(("part_time", "temporary")):
                    of_kind = [x for x in population if x.kinds[place] == kind]
                    for name, middle in (("mean", mean), ("median", median)):
                        whole = gap(of_kind, gross, middle)
                        told[f"{kind}_{name}_gap"] = (of_kind, whole)
                for name, of in SEXES.items():
                    received = share(relevant, of, lambda x: x.has_in_kind)
                    told[f"in_kind_share_{name}"] = (relevant, received)
            for metric, (whom, value) in told.items():
                key = GapKey(regime, year, company, basis, metric)
                figures[key] = Figure(value, *counts(whom))
    return figures


def quarter_sizes(people: int) -> list[int]:
    """How many are in each quarter; those left over go to the lower ones first."""
    each, left_over = divmod(people, 4)
    extra = {0: (), 1: (0,), 2: (0, 2), 3: (0, 1, 2)}[left_over]
    return [each + (quarter in extra) for quarter in range(4)]


def rounded(value: Fraction) -> int:
    """The nearest integer, the half upwards."""
    return int((value + Fraction(1, 2)) // 1)


def quarters(people: Sequence[tuple[Fraction, Sex]]) -> list[Quarter]:
    """Women and men in each quarter of the pay levels, from the lowest up.

    People on one pay level that lies across boundaries are as many women for each man
    on every side of them, to the nearest whole woman.
    """
    counted: dict[Fraction, Counted] = {}
    for level, of in people:
        if of in ("female", "male"):
            counted.setdefault(level, Counted()).add(of)
    sizes = quarter_sizes(sum(x.women + x.men for x in counted.values()))
    ends = [sum(sizes[: quarter + 1]) for quarter in range(4)]
    women_until = [0, 0, 0, 0]
    passed, women_passed = 0, 0
    for level in sorted(counted):
        tied = counted[level]
        size = tied.women + tied.men
        for quarter, end in enumerate(ends):
            inside = min(max(end - passed, 0), size)
            if inside:
                women_until[quarter] = women_passed + rounded(
                    Fraction(tied.women * inside, size)
                )
        passed += size
        women_passed += tied.women
    shown = []
    for quarter, size in enumerate(sizes):
        before = women_until[quarter - 1] if quarter else 0
        women = women_until[quarter] - before if size else 0
        shown.append(Quarter(women, size - women))
    return shown


@dataclass
class Counted:
    """Women and men on one pay level."""

    women: int = 0
    men: int = 0

    def add(self, of: Sex) -> None:
        """Count one more."""
        if of == "female":
            self.women += 1
        else:
            self.men += 1


def quartiles(
    found: Iterable[Level],
) -> dict[tuple[str, int, str, str, str], Quarter]:
    """Women and men in each quarter, by regime, year, company, basis and quarter."""
    shown = {}
    for (regime, year, company), people in by_company(found).items():
        population = [x for x in people if x.is_in_population]
        for basis in BASES[regime]:
            split = quarters(
                [(x.pay("gross", basis), x.sex) for x in population if x.has(basis)]
            )
            for name, quarter in zip(QUARTERS, split, strict=True):
                shown[regime, year, company, basis, name] = quarter
    return shown


def last_state(
    paid: Payroll, person_id: int, year: int
) -> tuple[Employment, State] | None:
    """The person's last employment by the end of a year, and where on its last day."""
    begun = [
        x for x in paid.employments.get(person_id, []) if x.started_on.year <= year
    ]
    if not begun:
        return None
    return begun[-1], paid.workforce.state(begun[-1], last_day_of(begun[-1], year))


def last_day_of(employment: Employment, year: int) -> date:
    """The last day by the end of a year at whose close the employment holds."""
    last_day = date(year, 12, 31)
    if employment.ended_on is None:
        return last_day
    return min(last_day, employment.ended_on - ONE_DAY)


def has_to_be_justified(
    mean_gross_gap: float | None,
    basis: str,
    threshold: float = DIFFERENCE_TO_JUSTIFY_PCT,
) -> bool | None:
    """Whether mean gross pay differs by the threshold or more, whoever earns less."""
    if mean_gross_gap is None or basis not in JUDGED_BASES:
        return None
    return abs(mean_gross_gap) >= threshold


def workers(
    ledger_dir: Path, as_at: datetime
) -> dict[tuple[int, str, str | None], float]:
    """Employed at month ends, on average of a year's, by year, company and country."""
    workforce = known(ledger_dir, as_at)
    closes = [first_of_next_month(x) - ONE_DAY for x in months(ledger_dir, as_at)]
    whole = {x.year for x in closes if sum(y.year == x.year for y in closes) == 12}
    counted: dict[tuple[int, str, str | None], int] = defaultdict(int)
    for employment in workforce.employments:
        for day in closes:
            if (
                day.year in whole
                and not employment.is_empty()
                and employment.started_on <= day
                and (employment.ended_on is None or day < employment.ended_on)
            ):
                fields = workforce.assignment(employment, day)
                company = str(fields["company"])
                country = workforce.country(fields["branch"], company)
                counted[day.year, company, country] += 1
    return {key: count / 12 for key, count in counted.items()}


def by_category(
    paid: Payroll, found: Iterable[Level], categories: Mapping[str, str]
) -> dict[tuple[int, str, str], list[Level]]:
    """The pay levels by year, company and category of workers."""
    groups: dict[tuple[int, str, str], list[Level]] = defaultdict(list)
    for level in found:
        if level.regime != "eu" or not level.is_in_population:
            continue
        state = last_state(paid, level.person_id, level.year)
        category = categories.get(state[1].designation.lower()) if state else None
        if category is not None:
            groups[level.year, level.company, category].append(level)
    return groups


def average_levels(
    paid: Payroll, found: Iterable[Level], categories: Mapping[str, str]
) -> dict[tuple[int, str, str, str, str, str], tuple[int, float | None]]:
    """How many of each sex a category has, and their mean pay level.

    By year, company, category, basis, component and sex; arguments as of
    `category_gaps`.
    """
    shown = {}
    groups = by_category(paid, found, categories)
    for (year, company, category), people in groups.items():
        for basis in BASES["eu"]:
            for component in ("gross", "basic", "components"):
                for sex_ in ("female", "male"):
                    levels = [
                        x.pay(component, basis)
                        for x in people
                        if x.sex == sex_ and x.has(basis)
                    ]
                    average = float(sum(levels) / len(levels)) if levels else None
                    key = (year, company, category, basis, component, sex_)
                    shown[key] = (len(levels), average)
    return shown


def category_gaps(
    paid: Payroll, found: Iterable[Level], categories: Mapping[str, str]
) -> dict[tuple[int, str, str, str, str], CategoryGap]:
    """Gaps by year, company, category of workers, basis and component of pay.

    Args:
        paid: what was known.
        found: the pay levels.
        categories: the employer's own table: the category of each designation, by its
            name in lower case.
    """
    shown = {}
    groups = by_category(paid, found, categories)
    for (year, company, category), people in groups.items():
        for basis in BASES["eu"]:
            paid_people = [x for x in people if x.has(basis)]
            gross_gap = gap(paid_people, payer("gross", basis), mean)
            for component in ("gross", "basic", "components"):
                level_of = payer(component, basis)
                shown[year, company, category, basis, component] = CategoryGap(
                    *counts(paid_people),
                    gap(paid_people, level_of, mean),
                    gap(paid_people, level_of, median),
                    has_to_be_justified(gross_gap, basis),
                )
    return shown
