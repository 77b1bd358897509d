"""The pay gap that remains between people alike, by the Swiss standard model.

The regression itself is statsmodels': a second opinion, not a second implementation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from inputs_kit import defaults
from statsmodels.regression.linear_model import OLS

from oracle.employment import rows_of
from oracle.pay import Level, Payroll, last_state

FEWEST: int = defaults("minimum_people")["regression"]
SCHOOL_STARTS_AT = 6


@dataclass(frozen=True)
class Evaluated:
    """A designation as the employer evaluated it."""

    requirement_level: int
    position_level: int


Evaluation = Sequence[Evaluated]
"""Every job that the employer evaluated: their levels are the model's."""


@dataclass(frozen=True)
class Person:
    """What the model knows of one person.

    Attributes:
        log_pay: The natural logarithm of the hourly gross pay.
        age: In years at the end of the reference year.
    """

    log_pay: float
    training_years: float
    service_years: float
    age: float
    requirement_level: int
    position_level: int
    is_female: bool

    @property
    def experience(self) -> float:
        """The years that the person can have worked since school and training."""
        return max(0.0, self.age - self.training_years - SCHOOL_STARTS_AT)


class Fit(NamedTuple):
    """An ordinary least squares fit, by term."""

    n: int
    r_squared: float
    coefficients: dict[str, float]
    standard_errors: dict[str, float]

    @property
    def gap_pct(self) -> float:
        """How much more women earn than men alike, by Kennedy's estimate, in per cent.

        Negative where women earn less, other than the gaps of the law.
        """
        effect = self.coefficients["female"]
        variance = self.standard_errors["female"] ** 2
        return 100 * (exp(effect) / exp(variance / 2) - 1)


def columns_of(
    people: Sequence[Person], evaluation: Evaluation
) -> dict[str, list[float]]:
    """Every column of the model, by its term: of levels, those that any job is at."""
    columns: dict[str, list[float]] = {
        "intercept": [1.0 for _ in people],
        "female": [float(x.is_female) for x in people],
        "training_years": [x.training_years for x in people],
        "service_years": [x.service_years for x in people],
        "potential_experience_years": [x.experience for x in people],
        "potential_experience_years_squared": [x.experience**2 for x in people],
    }
    for level in sorted({x.requirement_level for x in evaluation}, reverse=True):
        columns[f"requirement_level_{level}"] = [
            float(x.requirement_level == level) for x in people
        ]
    for level in sorted({x.position_level for x in evaluation}, reverse=True):
        columns[f"position_level_{level}"] = [
            float(x.position_level == level) for x in people
        ]
    return columns


def design(people: Sequence[Person], evaluation: Evaluation) -> dict[str, list[float]]:
    """The columns of the model; those that say nothing new are left out.

    A column that those before it add up to is dropped: of the levels of requirement
    and of position, which are taken from the highest number down, the last one present.
    """
    kept: dict[str, list[float]] = {}
    for term, values in columns_of(people, evaluation).items():
        if rank([*kept.values(), values]) > len(kept):
            kept[term] = values
    return kept


def rank(columns: Sequence[Sequence[float]]) -> int:
    """How many columns are independent, whatever their units."""
    matrix: npt.NDArray[np.float64] = np.array(columns, dtype=np.float64).T
    lengths = np.linalg.norm(matrix, axis=0)
    lengths[lengths == 0] = 1
    return int(np.linalg.matrix_rank(matrix / lengths, tol=1e-9))


def fit(people: Sequence[Person], evaluation: Evaluation) -> Fit:
    """Regress the logarithm of pay on everything that the model knows."""
    columns = design(people, evaluation)
    result = OLS([x.log_pay for x in people], np.array(list(columns.values())).T).fit()
    return Fit(
        n=len(people),
        r_squared=float(result.rsquared),
        coefficients=dict(zip(columns, map(float, result.params), strict=True)),
        standard_errors=dict(zip(columns, map(float, result.bse), strict=True)),
    )


def whole_years(since: date, until: date) -> int:
    """The anniversaries that have passed."""
    passed = until.year - since.year
    return passed - ((until.month, until.day) < (since.month, since.day))


class Compared(NamedTuple):
    """Women and men of a company in a year: of whom all is known, and how many not."""

    people: list[Person]
    left_out: int


def compared(
    paid: Payroll,
    ledger_dir: Path,
    found: Sequence[Level],
    training_years: Mapping[str, float],
    evaluations: Mapping[str, Evaluated],
) -> dict[tuple[int, str], Compared]:
    """Whom the model compares, by year and company.

    Args:
        paid: what was known.
        ledger_dir: the folder of the ledger's parquet files.
        found: the pay levels.
        training_years: of each level of education, by its name in lower case.
        evaluations: of each designation, by its name in lower case.
    """
    persons = {row["person_id"]: row for row in rows_of(ledger_dir, "people")}
    groups: dict[tuple[int, str], Compared] = {}
    for level in found:
        if level.regime != "eu" or not level.is_in_population:
            continue
        if level.sex not in ("female", "male"):
            continue
        key = level.year, level.company
        group = groups.setdefault(key, Compared([], 0))
        row = persons[level.person_id]
        state = last_state(paid, level.person_id, level.year)
        evaluated = evaluations.get(state[1].designation.lower()) if state else None
        trained = training_years.get((row["education_level"] or "").strip().lower())
        is_paid_by_hour = level.has("hourly")
        if state is None or evaluated is None or trained is None or not is_paid_by_hour:
            groups[key] = group._replace(left_out=group.left_out + 1)
            continue
        new_years_eve = date(level.year, 12, 31)
        group.people.append(
            Person(
                log_pay=log(level.pay("gross", "hourly")),
                training_years=trained,
                service_years=whole_years(state[0].started_on, new_years_eve),
                age=whole_years(row["born_on"], new_years_eve),
                requirement_level=evaluated.requirement_level,
                position_level=evaluated.position_level,
                is_female=level.sex == "female",
            )
        )
    return groups


class Term(NamedTuple):
    """One term of a regression as readers see it."""

    coefficient: float | None
    standard_error: float | None
    people: int
    people_left_out: int
    r_squared: float | None
    adjusted_gap_pct: float | None
    null_reason: str | None


def why_not(
    term: str, column: Sequence[float], result: Fit | None, fewest: int
) -> str | None:
    """Why a term has no coefficient; nothing where it has one."""
    if result is None:
        return f"fewer_than_{fewest}_people"
    if term in result.coefficients:
        return None
    is_level = "_level_" in term
    if is_level and not any(column):
        return "nobody_at_the_level"
    return "determined_by_other_terms"


def adjusted(
    groups: Mapping[tuple[int, str], Compared],
    evaluation: Evaluation,
    fewest: int = FEWEST,
) -> dict[tuple[int, str, str], Term]:
    """Every term of every regression, by year, company and term.

    Of too few people there is no regression; else every term is there that is not
    determined by others.
    """
    shown = {}
    for (year, company), (people, left_out) in groups.items():
        result = fit(people, evaluation) if len(people) >= fewest else None
        is_compared = result is not None and "female" in result.coefficients
        for term, column in columns_of(people, evaluation).items():
            shown[year, company, term] = Term(
                result.coefficients.get(term) if result else None,
                result.standard_errors.get(term) if result else None,
                len(people),
                left_out,
                result.r_squared if result else None,
                result.gap_pct if result and is_compared and term == "female" else None,
                why_not(term, column, result, fewest),
            )
    return shown
