"""The adjusted pay gap is the one that statsmodels finds, from the ledger's people."""

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from oracle.employment import rows_of

from acceptance import warehouse
from acceptance.company import Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

SEEDS = (1, 2, 3)
TRAINING_YEARS = {"Under Graduate": 12, "Graduate": 15, "Post Graduate": 17}
FEWEST = 50
TERMS = (
    "intercept",
    "female",
    "training_years",
    "service_years",
    "potential_experience_years",
    "potential_experience_years_squared",
    *(f"requirement_level_{level}" for level in (4, 3, 2, 1)),
    *(f"position_level_{level}" for level in (5, 4, 3, 2, 1)),
)

Group = tuple[str, int]


def samples(company: Company) -> dict[Group, list[list[float]]]:
    """Log pay and every term but the intercept, of each company and year."""
    people = {row["employee_number"]: row for row in rows_of(company.ledger, "people")}
    found = warehouse.rows(
        company.restricted,
        """
        select
            levels.company, levels.reference_year, employees.employee_number,
            levels.sex, levels.hourly_gross, levels.requirement_level,
            levels.position_level, max(employments.started_on)
        from pay.fct_pay_levels as levels
        inner join people.int_employees_conformed as employees using (employee_key)
        inner join people.int_employments_conformed as employments
            on levels.employee_key = employments.employee_key
            and employments.started_on <= levels.reference_on
            and employments.started_on < employments.ended_on
        where levels.regime = 'eu' and levels.is_in_population
            and levels.sex in ('female', 'male')
        group by all
        """,
    )
    made: dict[Group, list[list[float]]] = defaultdict(list)
    for name, year, number, sex, pay, requirement, position, started_on in found:
        training = TRAINING_YEARS.get(people[number]["education_level"])
        if training is None or requirement is None:
            continue
        experience = max(0, year - people[number]["born_on"].year - training - 6)
        made[name, year].append(
            [
                math.log(pay),
                float(sex == "female"),
                training,
                year - started_on.year,
                experience,
                experience**2,
                *(float(requirement == level) for level in (4, 3, 2, 1)),
                *(float(position == level) for level in (5, 4, 3, 2, 1)),
            ]
        )
    return made


def regression(rows: list[list[float]]) -> tuple[dict[str, Any], float]:
    """Coefficient and standard error of the terms that add anything, and R squared."""
    table = np.array(rows)
    design = np.column_stack([np.ones(len(table)), table[:, 1:]])
    kept: list[int] = []
    for column in range(design.shape[1]):
        if np.linalg.matrix_rank(design[:, [*kept, column]]) > len(kept):
            kept.append(column)
    model = sm.OLS(table[:, 0], design[:, kept]).fit()
    terms = [TERMS[column] for column in kept]
    pairs = zip(model.params, model.bse, strict=True)
    return dict(zip(terms, pairs, strict=True)), float(model.rsquared)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_adjusted_pay_gap_is_that_of_statsmodels(
    warehouse_of: Callable[[int], Company], seed: int
) -> None:
    company = warehouse_of(seed)
    found: dict[Group, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for name, year, term, *figures in warehouse.rows(
        company.marts,
        "select company, reference_year, term, coefficient, standard_error, people,"
        " r_squared, adjusted_gap_pct, withheld_reason from pay.rpt_adjusted_pay_gap",
    ):
        found[name, year][term] = tuple(figures)

    compared = 0
    for group, rows in samples(company).items():
        reported = found[group]
        assert set(reported) == set(TERMS)
        if reported["female"][5] is not None:
            women = sum(row[1] for row in rows)
            assert len(rows) < FEWEST or min(women, len(rows) - women) < 10
            assert all(row[0] is None and row[4] is None for row in reported.values())
            continue
        expected, share = regression(rows)
        for term, (value, error, people, r_squared, _, reason) in reported.items():
            assert people == len(rows)
            assert r_squared == pytest.approx(share, rel=1e-9)
            if term not in expected:
                assert (value, error) == (None, None)
            elif reason is None:
                near = pytest.approx(expected[term], rel=1e-9, abs=1e-9)
                assert (value, error) == near
        gap, error = expected["female"]
        kennedy = 100 * (math.exp(gap) / math.exp(error**2 / 2) - 1)
        assert reported["female"][4] == pytest.approx(kennedy, rel=1e-9)
        compared += 1
    assert compared, "no company has enough people"
