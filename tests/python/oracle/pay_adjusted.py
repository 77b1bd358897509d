"""The pay gap that remains between people alike, by the Swiss standard model.

The regression itself is statsmodels': a second opinion, not a second implementation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import exp, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from statsmodels.regression.linear_model import OLS

from oracle.employment import rows_of
from oracle.pay import Level, Payroll, last_state

FEWEST = 50
SCHOOL_STARTS_AT = 6


@dataclass(frozen=True)
class Evaluated:
    """A designation as the employer evaluated it."""

    requirement_level: int
    position: int


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
    position: int
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
        """How much less women earn than men alike, by Kennedy's estimate, in per cent.

        Positive where women earn less, as every gap here.
        """
        effect = self.coefficients["sex"]
        variance = self.standard_errors["sex"] ** 2
        return -100 * (exp(effect) / exp(variance / 2) - 1)


def design(people: Sequence[Person]) -> dict[str, list[float]]:
    """The columns of the model; those that say nothing new are left out.

    A level or position is told from the lowest present. A column that the ones before
    it add up to is dropped.
    """
    columns: dict[str, list[float]] = {
        "intercept": [1.0 for _ in people],
        "training_years": [x.training_years for x in people],
        "service_years": [x.service_years for x in people],
        "potential_experience": [x.experience for x in people],
        "potential_experience_squared": [x.experience**2 for x in people],
    }
    for level in sorted({x.requirement_level for x in people})[1:]:
        columns[f"requirement_level_{level}"] = [
            float(x.requirement_level == level) for x in people
        ]
    for position in sorted({x.position for x in people})[1:]:
        columns[f"position_{position}"] = [
            float(x.position == position) for x in people
        ]
    columns["sex"] = [float(x.is_female) for x in people]

    kept: dict[str, list[float]] = {}
    for term, values in columns.items():
        if rank([*kept.values(), values]) > len(kept):
            kept[term] = values
    return kept


def rank(columns: Sequence[Sequence[float]]) -> int:
    """How many columns are independent, whatever their units."""
    matrix: npt.NDArray[np.float64] = np.array(columns, dtype=np.float64).T
    lengths = np.linalg.norm(matrix, axis=0)
    lengths[lengths == 0] = 1
    return int(np.linalg.matrix_rank(matrix / lengths, tol=1e-9))


def fit(people: Sequence[Person]) -> Fit:
    """Regress the logarithm of pay on everything that the model knows."""
    columns = design(people)
    result = OLS([x.log_pay for x in people], np.array(list(columns.values())).T).fit()
    return Fit(
        n=len(people),
        r_squared=float(result.rsquared),
        coefficients=dict(zip(columns, map(float, result.params), strict=True)),
        standard_errors=dict(zip(columns, map(float, result.bse), strict=True)),
    )


def training_years(
    ledger_dir: Path, as_at: datetime, years_of: Mapping[str, float]
) -> dict[int, float]:
    """The years of training that lead to each person's highest level of education."""
    raise NotImplementedError


def whole_years(since: date, until: date) -> int:
    """The anniversaries that have passed."""
    passed = until.year - since.year
    return passed - ((until.month, until.day) < (since.month, since.day))


def fitted(
    paid: Payroll,
    found: Sequence[Level],
    born_on: Mapping[int, date],
    trained: Mapping[int, float],
    evaluations: Mapping[str, Evaluated],
) -> dict[tuple[int, str], list[Person]]:
    """Whom the model compares, by year and company: everyone of whom all is known."""
    groups: dict[tuple[int, str], list[Person]] = {}
    for level in found:
        if level.regime != "eu" or not level.is_in_population:
            continue
        people = groups.setdefault((level.year, level.company), [])
        state = last_state(paid, level.person_id, level.year)
        evaluated = evaluations.get(state[1].designation) if state else None
        if (
            state is None
            or evaluated is None
            or level.sex not in ("female", "male")
            or level.person_id not in trained
            or level.person_id not in born_on
        ):
            continue
        new_year_eve = date(level.year, 12, 31)
        employment = next(
            x
            for x in paid.employments[level.person_id]
            if x.employment_id == state[1].employment_id
        )
        people.append(
            Person(
                log_pay=log(level.pay("gross", "hourly")),
                training_years=trained[level.person_id],
                service_years=whole_years(employment.started_on, new_year_eve),
                age=whole_years(born_on[level.person_id], new_year_eve),
                requirement_level=evaluated.requirement_level,
                position=evaluated.position,
                is_female=level.sex == "female",
            )
        )
    return groups


def birthdays(ledger_dir: Path) -> dict[int, date]:
    """When everybody was born."""
    return {row["person_id"]: row["born_on"] for row in rows_of(ledger_dir, "people")}
