"""The oracle of the adjusted pay gap, by hand."""

from dataclasses import replace
from datetime import date

import pytest

from oracle import ten_people
from oracle.pay_adjusted import Person, design, fit, whole_years


def ten() -> list[Person]:
    """The ten people whose regression is worked out by hand."""
    return [
        Person(
            log_pay=log_pay,
            training_years=ten_people.TRAINING_YEARS,
            service_years=service,
            age=ten_people.AGE,
            requirement_level=2,
            position_level=3,
            is_female=sex == "female",
        )
        for sex, service, log_pay in ten_people.PEOPLE
    ]


def test_ten_people_by_hand() -> None:
    found = fit(ten())

    assert found.n == 10
    assert found.coefficients == pytest.approx(ten_people.COEFFICIENTS, rel=1e-9)
    assert found.standard_errors == pytest.approx(ten_people.STANDARD_ERRORS, rel=1e-9)
    assert found.r_squared == pytest.approx(ten_people.R_SQUARED, rel=1e-9)
    assert found.gap_pct == pytest.approx(ten_people.GAP_PCT, rel=1e-9)
    assert round(found.gap_pct, 2) == -9.52


def test_what_says_nothing_new_is_dropped_from_the_left() -> None:
    people = [
        replace(person, requirement_level=level, position_level=level)
        for person, level in zip(ten(), [1, 2] * 5, strict=True)
    ]

    # Only service, and who is on which level, differs beside sex.
    assert list(design(people)) == [
        "intercept",
        "female",
        "service_years",
        "requirement_level_2",
    ]


def test_experience_begins_after_school_and_training_and_is_never_negative() -> None:
    (person, *_) = ten()

    assert person.experience == 40 - 12 - 6
    assert replace(person, age=17).experience == 0


def test_years_are_whole() -> None:
    assert whole_years(date(1990, 12, 31), date(2025, 12, 31)) == 35
    assert whole_years(date(1990, 12, 31), date(2025, 12, 30)) == 34
