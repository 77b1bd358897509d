"""The numbers that ESRS S1 and GRI ask for, person by person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from oracle.employment import Employment, Workforce, known, rows_of
from oracle.headcount import ONE_DAY, first_of_next_month, months
from oracle.pay import Level, Payroll, Sex, mean, median, sex, working_time
from oracle.pay_cost import mean_rates

EVERYBODY = "All"
UNKNOWN = "unknown"
FEWEST_OF_A_COUNTRY = 50
LEAST_SHARE_OF_A_COUNTRY = Fraction(1, 10)


class Key(NamedTuple):
    """The grain of a disclosure."""

    disclosure: str
    year: int
    whom: str
    dimension: str
    value: str
    sex: str


class Told(NamedTuple):
    """A number of people and a percentage, or the reason why there is none."""

    people: int | None
    pct: float | None
    null_reason: str | None = None


class Person(NamedTuple):
    """One employed person, or one who joined or left, as they were on the day."""

    sex: Sex
    country: str
    region: str
    contract_kind: str
    full_or_part_time: str
    age_band: str
    grade: str
    designation: str
    exit_kind: str | None
    body: str = ""

    def at(self, dimension: str) -> str:
        """Their value of a dimension."""
        if dimension == "all":
            return EVERYBODY
        first, by, second = dimension.partition("_by_")
        if by:
            return f"{getattr(self, second)} / {getattr(self, first)}"
        return str(getattr(self, first))


ASKED = {
    ("S1-6", "employed", True): ("all", "contract_kind", "full_or_part_time"),
    ("S1-6", "employed", False): ("country",),
    ("S1-6", "left", False): ("all", "exit_kind"),
    ("S1-9", "top_management", True): ("all",),
    ("S1-9", "employed", False): ("age_band",),
    ("2-7", "employed", True): ("all", "contract_kind", "full_or_part_time"),
    ("2-7", "employed", False): (
        "region",
        "contract_kind_by_region",
        "full_or_part_time_by_region",
    ),
    ("401-1", "joined", True): ("all",),
    ("401-1", "joined", False): ("age_band", "region"),
    ("401-1", "left", True): ("all",),
    ("401-1", "left", False): ("age_band", "region"),
    ("405-1", "governing", False): ("all", "age_band_by_body"),
    ("405-1", "governing", True): ("body",),
    ("405-1", "employed", True): ("grade",),
    ("405-1", "employed", False): ("age_band_by_grade",),
}
"""By disclosure, whom it counts and whether by sex too: what it tells them apart by."""


def disclosures(
    ledger_dir: Path,
    as_at: datetime,
    types: Iterable[Mapping[str, str]],
    top_titles: Iterable[str] = (),
    bodies: Iterable[Mapping[str, str]] = (),
    heard_until: Mapping[str, date] | None = None,
) -> dict[Key, Told]:
    """How many people each number is of, and which percentage, of every whole year.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
        types: the employer's own table of types of employment.
        top_titles: the job titles of top management.
        bodies: the employer's own table of who sits in governance bodies.
        heard_until: of companies whose HR system is heard of no more, the first day of
            which nothing is known.
    """
    workforce = known(ledger_dir, as_at)
    people = {row["person_id"]: row for row in rows_of(ledger_dir, "people")}
    kinds = {row["employment_type"].strip().lower(): row for row in types}
    top = {title.strip().lower() for title in top_titles}
    sitting = list(bodies)
    held = [x for x in workforce.employments if not x.is_empty()]
    closes = [first_of_next_month(x) - ONE_DAY for x in months(ledger_dir, as_at)]
    found: dict[Key, Told] = {}
    for year in sorted({day.year for day in closes}):
        ends = [day for day in closes if day.year == year]
        if len(ends) < 12:
            continue

        def person(employment: Employment, day: date, event_on: date) -> Person:
            return as_they_were(workforce, people, kinds, employment, day, event_on)

        employed = [person(x, ends[-1], ends[-1]) for x in held if is_in(x, ends[-1])]
        groups = {
            "employed": employed,
            "top_management": [
                x for x in employed if x.designation.strip().lower() in top
            ],
            "governing": [
                seated(row)
                for row in sitting
                if int(row["reference_year"]) == year
                for _ in range(int(row["people"]))
            ],
            "joined": [
                person(x, x.started_on, x.started_on)
                for x in held
                if x.started_on.year == year
            ],
            "left": [
                person(x, x.ended_on - ONE_DAY, x.ended_on)
                for x in held
                if x.ended_on is not None and x.ended_on.year == year
            ],
        }
        silent = silent_since(workforce, held, heard_until or {}, ends[-1])
        by_month = Fraction(sum(is_in(x, day) for x in held for day in ends), 12)
        for (disclosure, whom, by_sex), dimensions in ASKED.items():
            for dimension in dimensions:
                for value, of, number in counts(groups[whom], dimension, by_sex):
                    if dimension == "country" and (
                        number < FEWEST_OF_A_COUNTRY
                        or Fraction(number, len(employed)) < LEAST_SHARE_OF_A_COUNTRY
                    ):
                        continue
                    key = Key(disclosure, year, whom, dimension, value, of)
                    reason = lacking(whom, number, silent)
                    if reason is not None:
                        found[key] = Told(None, None, reason)
                        continue
                    whole = Fraction(len(groups[whom]))
                    if disclosure == "S1-6" and whom == "left":
                        whole = by_month
                    elif disclosure == "401-1":
                        alike = [
                            x
                            for x in employed
                            if x.at(dimension) == value and of in (EVERYBODY, x.sex)
                        ]
                        whole = Fraction(len(alike))
                    elif disclosure == "405-1" and dimension != "all":
                        group = value.split(" / ")[0]
                        whole = Fraction(
                            sum(group in (x.grade, x.body) for x in groups[whom])
                        )
                    share = float(100 * number / whole) if whole else None
                    found[key] = Told(number, share)
    return found


def counts(
    people: Iterable[Person], dimension: str, by_sex: bool
) -> list[tuple[str, str, int]]:
    """How many there are of each value, and of each sex; of all also nobody."""
    counted: Counter[tuple[str, str]] = Counter()
    for each in people:
        counted[each.at(dimension), EVERYBODY] += 1
        if by_sex:
            counted[each.at(dimension), each.sex] += 1
    if dimension == "all":
        counted[EVERYBODY, EVERYBODY] += 0
    return [(value, of, number) for (value, of), number in counted.items()]


def lacking(whom: str, number: int, silent: date | None) -> str | None:
    """Why there is no number, if there is none."""
    if whom == "governing":
        return None if number else "no_governance_body_given"
    if silent is not None:
        return f"not_known_beyond_{silent}"
    if whom == "top_management" and not number:
        return "no_top_management_known"
    return None


def silent_since(
    workforce: Workforce,
    held: Iterable[Employment],
    heard_until: Mapping[str, date],
    last_day: date,
) -> date | None:
    """The first day by a year's end from which nothing is known of some who were there.

    Of those who had left before it, or moved to another company, all is known.
    """
    days = [
        day
        for x in held
        for company, day in heard_until.items()
        if day <= last_day
        and is_in(x, day)
        and workforce.state(x, day).company == company
    ]
    return min(days, default=None)


def seated(row: Mapping[str, str]) -> Person:
    """One of those whom a row of the governance bodies counts."""
    of = sex(row["sex"])
    return Person(of, "", "", "", "", row["age_band"], "", "", None, row["body"])


class PayKey(NamedTuple):
    """The grain of the group's figures of pay."""

    year: int
    metric: str
    basis: str


class PayTold(NamedTuple):
    """A figure of pay, and of whom it is."""

    value: float
    people: int
    women: int
    men: int


def group_pay(
    paid: Payroll, levels: Iterable[Level], ledger_dir: Path, as_at: datetime
) -> dict[PayKey, PayTold]:
    """The pay gap and the ratio of pay of all companies together, in euros.

    Args:
        paid: what was known of pay.
        levels: every pay level.
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    rates = mean_rates(ledger_dir, as_at)
    by_person: dict[tuple[int, int], list[Level]] = {}
    for level in levels:
        if level.regime == "eu" and level.is_in_population:
            by_person.setdefault((level.year, level.person_id), []).append(level)
    found = {}
    for year in sorted({of for of, _ in by_person}):
        euros = {
            currency: mean(
                [
                    rates[month, "EUR"] / rates[month, currency]
                    for month, of in rates
                    if of == currency and month.year == year
                ]
            )
            for currency in {line.currency for line in paid.lines}
        }

        def pay(level: Level, euros: Mapping[str, Fraction | None] = euros) -> Fraction:
            rate = euros[level.currency]
            assert rate is not None, level.currency
            return level.gross * rate

        people = [of for (when, _), of in by_person.items() if when == year]
        timed = [own for of in people if (own := [x for x in of if x.has("hourly")])]
        hourly = [
            (
                own[0].sex,
                sum(map(pay, own), Fraction(0)) / sum(Fraction(x.hours) for x in own),
            )
            for own in timed
        ]
        women, men = (
            mean([level for of, level in hourly if of == wanted])
            for wanted in ("female", "male")
        )
        assert women is not None, year
        assert men is not None, year
        found[PayKey(year, "gender_pay_gap_pct", "hourly")] = PayTold(
            float(100 * (men - women) / men), *of_whom(timed)
        )
        annual = {
            "as_paid": [sum(map(pay, own), Fraction(0)) for own in people],
            "annualised": [
                sum(map(pay, own), Fraction(0)) / sum(1 / x.scale for x in own)
                for own in people
            ],
        }
        for basis, amounts in annual.items():
            *others, highest = sorted(amounts)
            middle = median(others)
            assert middle is not None, year
            found[PayKey(year, "remuneration_ratio", basis)] = PayTold(
                float(highest / middle), *of_whom(people)
            )
    return found


def of_whom(people: list[list[Level]]) -> tuple[int, int, int]:
    """People, women and men."""
    sexes = Counter(own[0].sex for own in people)
    return len(people), sexes["female"], sexes["male"]


def is_in(employment: Employment, day: date) -> bool:
    """Whether the employment holds at the close of a day."""
    return employment.started_on <= day and (
        employment.ended_on is None or day < employment.ended_on
    )


def as_they_were(
    workforce: Workforce,
    people: Mapping[int, Mapping[str, object]],
    kinds: Mapping[str, Mapping[str, str]],
    employment: Employment,
    day: date,
    event_on: date,
) -> Person:
    """A person by where they were on a day, and how old on that of the event."""
    state = workforce.state(employment, day)
    person = people[employment.person_id]
    kind = kinds.get((state.employment_type or "").strip().lower(), {})
    gender, born_on = person["gender"], person["born_on"]
    return Person(
        sex(None if gender is None else str(gender)),
        state.country or "Unknown",
        state.region,
        kind.get("contract_kind", UNKNOWN),
        working_time(workforce, employment.person_id, state, kind, day),
        age_band(born_on if isinstance(born_on, date) else None, event_on),
        state.grade or "Unknown",
        state.designation,
        employment.exit_kind,
    )


def age_band(born_on: date | None, day: date) -> str:
    """Under 30, 30 to 50, over 50: in whole years, as reached in the month."""
    if born_on is None:
        return UNKNOWN
    age = day.year - born_on.year - (day.month < born_on.month)
    if age < 30:
        return "under_30"
    return "30_to_50" if age <= 50 else "over_50"
