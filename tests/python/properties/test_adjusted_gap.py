"""What the adjusted gap must hold of any company, in the model's own SQL."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from math import log
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import pay, pay_adjusted, ten_people
from trial_kit import trials

from properties.models import Models
from properties.people import COMPANY, YEAR, Someone

FACTORS = st.sampled_from([Decimal(f) for f in ("0.5", "1.17", "163.4")])

tried = settings(
    max_examples=trials(4, nightly=20),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

Terms = dict[str, dict[str, Any]]

PREDICTORS = {
    "employee_key": "varchar",
    "reference_year": "bigint",
    "age_years": "bigint",
    "service_years": "bigint",
    "training_years": "bigint",
    "potential_experience_years": "bigint",
}
JOBS = {"Managers": (2, 3), "Specialists": (3, 5)}
"""The level of requirement and of position of each category."""

LEVELS = {"requirement_level": "bigint", "position_level": "bigint"}
EIGHT = [
    {"requirement_level": level, "position_level": 1 + level % 5}
    for level in range(1, 9)
]
"""An evaluation of jobs at eight levels of requirement and five of position."""


@st.composite
def companies(draw: st.DrawFn) -> list[Someone]:
    """Seventy women and men at random, enough for a regression."""
    random = Random(draw(st.integers(0, 2**32)))
    sexes: tuple[pay.Sex, ...] = ("female", "male")
    return [
        Someone(
            number=number,
            sex=random.choice(sexes) if number > 1 else sexes[number],
            category=random.choice(tuple(JOBS)),
            basic=Decimal(random.randint(1000, 9000)),
            components=Decimal(random.choice((0, 0, 400))),
            hours=Decimal(random.choice((100, 160))),
        )
        for number in range(70)
    ]


def predictors(someone: Someone) -> dict[str, Any]:
    """A row of what explains pay, that stays with the person."""
    random = Random(someone.number)
    training = random.choice((12, 15, 17))
    age = random.randint(22, 64)
    return {
        "employee_key": str(someone.number),
        "reference_year": YEAR,
        "age_years": age,
        "service_years": random.randint(0, 15),
        "training_years": training,
        "potential_experience_years": max(0, age - training - 6),
    }


def job(someone: Someone) -> dict[str, int]:
    """The levels of the job of the person's category."""
    requirement, position = JOBS[someone.category]
    return {"requirement_level": requirement, "position_level": position}


def job_of_eight_levels(someone: Someone) -> dict[str, int]:
    """One of eight levels of requirement and five of position, that stays."""
    random = Random(f"job of {someone.number}")
    return {
        "requirement_level": random.randint(1, 8),
        "position_level": random.randint(1, 5),
    }


def regressed(
    models: Models,
    people: Sequence[Someone],
    job: Callable[[Someone], dict[str, int]] = job,
) -> Terms:
    """The terms of one company's regression."""
    models.fill(
        "fct_pay_levels", [someone.row("eu") | job(someone) for someone in people]
    )
    models.fill("int_job_evaluations_conformed", EIGHT, LEVELS)
    models.fill("int_pay_predictors_derived", map(predictors, people), PREDICTORS)
    found = {row["term"]: row for row in models.run("rpt_adjusted_pay_gap")}
    assert {row["company"] for row in found.values()} == {COMPANY}
    assert found["female"]["adjusted_gap_pct"] is not None
    return found


def told(found: Terms, *without: str) -> dict[str, tuple[Any, ...]]:
    """Coefficients and standard errors, but for those of the terms left out."""
    return {
        term: tuple(
            None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
            for value in (row["coefficient"], row["standard_error"])
        )
        for term, row in found.items()
        if term not in without
    }


@tried
@given(people=companies(), factor=FACTORS)
def test_pay_scaled_or_converted_moves_the_intercept_alone(
    models: Models, people: list[Someone], factor: Decimal
) -> None:
    before = regressed(models, people)
    after = regressed(models, [someone.scaled(factor) for someone in people])
    moved = after["intercept"]["coefficient"] - before["intercept"]["coefficient"]

    assert told(after, "intercept") == told(before, "intercept")
    assert moved == pytest.approx(log(factor))
    assert after["female"]["adjusted_gap_pct"] == pytest.approx(
        before["female"]["adjusted_gap_pct"]
    )


@tried
@given(people=companies())
def test_swapping_the_sexes_turns_the_effect_of_sex_round(
    models: Models, people: list[Someone]
) -> None:
    before = regressed(models, people)
    after = regressed(models, [someone.swapped() for someone in people])
    effect = before["female"]["coefficient"]

    assert told(after, "intercept", "female") == told(before, "intercept", "female")
    assert after["female"]["coefficient"] == pytest.approx(-effect)
    assert after["female"]["standard_error"] == pytest.approx(
        before["female"]["standard_error"]
    )


@tried
@given(people=companies(), neither=st.sampled_from(["undeclared", "other"]))
def test_one_more_of_an_undeclared_sex_changes_no_term(
    models: Models, people: list[Someone], neither: pay.Sex
) -> None:
    one_more = replace(people[0], number=len(people), sex=neither)

    assert regressed(models, [*people, one_more]) == regressed(models, people)


@tried
@given(people=companies(), data=st.data())
def test_the_order_of_rows_changes_no_term(
    models: Models, people: list[Someone], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(people))

    assert regressed(models, shuffled) == regressed(models, people)


@tried
@given(people=companies())
def test_eight_levels_are_what_statsmodels_says(
    models: Models, people: list[Someone]
) -> None:
    found = regressed(models, people, job_of_eight_levels)
    evaluation = [pay_adjusted.Evaluated(**row) for row in EIGHT]
    persons = []
    for someone in people:
        explained = predictors(someone)
        persons.append(
            pay_adjusted.Person(
                log_pay=log(someone.level("eu").pay("gross", "hourly")),
                training_years=explained["training_years"],
                service_years=explained["service_years"],
                age=explained["age_years"],
                is_female=someone.sex == "female",
                **job_of_eight_levels(someone),
            )
        )
    group = pay_adjusted.Compared(persons, 0)
    expected = pay_adjusted.adjusted({(YEAR, COMPANY): group}, evaluation)

    assert found.keys() == {term for _, _, term in expected}
    assert {f"requirement_level_{n}" for n in range(1, 9)} <= found.keys()
    for (_, _, term), row in expected.items():
        told_of = found[term]
        for name, value in row._asdict().items():
            if isinstance(value, float):
                value = pytest.approx(value, rel=1e-7, abs=1e-9)
            assert told_of[name] == value, (term, name)


def test_ten_people_are_as_worked_out_by_hand(models: Models) -> None:
    """The function that the model calls, for ten are too few for the report."""
    experience = max(0, ten_people.AGE - ten_people.TRAINING_YEARS - 6)
    rows = [
        [
            log_pay,
            float(sex == "female"),
            float(ten_people.TRAINING_YEARS),
            float(service),
            float(experience),
            float(experience**2),
            1.0,
        ]
        for sex, service, log_pay in ten_people.PEOPLE
    ]
    answer = models.connection.execute("select least_squares($1)", [rows]).fetchone()
    assert answer is not None
    count, degrees, r_squared, *others = answer[0]
    terms = ("intercept", "female", None, "service_years", None, None, None)
    coefficients, errors = others[: len(terms)], others[len(terms) :]

    assert (count, degrees) == (10, 7)
    assert r_squared == pytest.approx(ten_people.R_SQUARED, rel=1e-9)
    for term, coefficient, error in zip(terms, coefficients, errors, strict=True):
        if term is None:
            assert coefficient is None
            assert error is None
        else:
            known = ten_people.COEFFICIENTS[term], ten_people.STANDARD_ERRORS[term]
            assert (coefficient, error) == pytest.approx(known, rel=1e-9)
