"""The numbers that ESRS S1 and GRI ask for, person by person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from oracle.employment import Employment, Workforce, known, rows_of
from oracle.headcount import ONE_DAY, first_of_next_month, months
from oracle.pay import Sex, sex

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


class Person(NamedTuple):
    """One employed person, or one who joined or left, as they were on the day."""

    sex: Sex
    country: str
    region: str
    contract_kind: str
    full_or_part_time: str
    age_band: str
    grade: str
    exit_kind: str | None

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
    ("405-1", "employed", True): ("grade",),
    ("405-1", "employed", False): ("age_band_by_grade",),
}
"""By disclosure, whom it counts and whether by sex too: what it tells them apart by."""


def disclosures(
    ledger_dir: Path, as_at: datetime, types: Iterable[Mapping[str, str]]
) -> dict[Key, tuple[int, float | None]]:
    """How many people each number is of, and which percentage, of every whole year.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
        types: the employer's own table of types of employment.
    """
    workforce = known(ledger_dir, as_at)
    people = {row["person_id"]: row for row in rows_of(ledger_dir, "people")}
    kinds = {row["employment_type"].strip().lower(): row for row in types}
    held = [x for x in workforce.employments if not x.is_empty()]
    closes = [first_of_next_month(x) - ONE_DAY for x in months(ledger_dir, as_at)]
    found: dict[Key, tuple[int, float | None]] = {}
    for year in sorted({day.year for day in closes}):
        ends = [day for day in closes if day.year == year]
        if len(ends) < 12:
            continue

        def person(employment: Employment, day: date, event_on: date) -> Person:
            return as_they_were(workforce, people, kinds, employment, day, event_on)

        groups = {
            "employed": [
                person(x, ends[-1], ends[-1]) for x in held if is_in(x, ends[-1])
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
        mean = Fraction(sum(is_in(x, day) for x in held for day in ends), 12)
        for (disclosure, whom, by_sex), dimensions in ASKED.items():
            for dimension in dimensions:
                counted: Counter[tuple[str, str]] = Counter()
                for each in groups[whom]:
                    counted[each.at(dimension), EVERYBODY] += 1
                    if by_sex:
                        counted[each.at(dimension), each.sex] += 1
                if dimension == "all":
                    counted[EVERYBODY, EVERYBODY] += 0
                for (value, of), number in counted.items():
                    employed = groups["employed"]
                    if dimension == "country" and (
                        number < FEWEST_OF_A_COUNTRY
                        or Fraction(number, len(employed)) < LEAST_SHARE_OF_A_COUNTRY
                    ):
                        continue
                    whole = Fraction(len(employed))
                    if disclosure == "S1-6" and whom == "left":
                        whole = mean
                    elif disclosure == "401-1":
                        alike = [
                            x
                            for x in employed
                            if x.at(dimension) == value and of in (EVERYBODY, x.sex)
                        ]
                        whole = Fraction(len(alike))
                    elif disclosure == "405-1":
                        grade = value.split(" / ")[0]
                        whole = Fraction(sum(x.grade == grade for x in employed))
                    key = Key(disclosure, year, whom, dimension, value, of)
                    found[key] = (
                        number,
                        float(100 * number / whole) if whole else None,
                    )
    return found


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
    hours = [
        x
        for x in workforce.hours.get(employment.person_id, [])
        if x.effective_on <= day
    ]
    if hours and state.country is not None:
        working_time = "part_time" if state.fte < 1 else "full_time"
    else:
        working_time = kind.get("working_time") or UNKNOWN
    gender, born_on = person["gender"], person["born_on"]
    return Person(
        sex(None if gender is None else str(gender)),
        state.country or "Unknown",
        state.region,
        kind.get("contract_kind", UNKNOWN),
        working_time,
        age_band(born_on if isinstance(born_on, date) else None, event_on),
        state.grade or "Unknown",
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
