"""The oracle of the adjusted pay gap, by hand."""

from dataclasses import replace
from datetime import date

import pytest

from oracle import ten_people
from oracle.pay_adjusted import (
    Compared,
    Evaluated,
    Person,
    adjusted,
    design,
    fit,
    whole_years,
)


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


FOUR_LEVELS = [Evaluated(1 + job % 4, 1 + job % 5) for job in range(20)]
EIGHT_LEVELS = [Evaluated(1 + job % 8, 1 + job % 5) for job in range(40)]


def test_ten_people_by_hand() -> None:
    found = fit(ten(), FOUR_LEVELS)

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
    assert list(design(people, FOUR_LEVELS)) == [
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


def test_every_level_that_a_job_is_at_is_a_term() -> None:
    """Of eight levels, people are at 8, 7, 5 and 3: the last of these is the base."""
    people = [
        replace(person, requirement_level=level)
        for person, level in zip(
            ten() * 2, [8, 7, 7, 5, 5, 5, 3, 3, 3, 3] * 2, strict=True
        )
    ]
    found = adjusted({(2025, "A"): Compared(people, 3)}, EIGHT_LEVELS, fewest=20)
    levels = {
        term: row
        for (_, _, term), row in found.items()
        if term.startswith("requirement")
    }

    assert list(levels) == [f"requirement_level_{n}" for n in range(8, 0, -1)]
    assert {term[-1]: row.null_reason for term, row in levels.items()} == {
        "8": None,
        "7": None,
        "6": "nobody_at_the_level",
        "5": None,
        "4": "nobody_at_the_level",
        "3": "determined_by_other_terms",
        "2": "nobody_at_the_level",
        "1": "nobody_at_the_level",
    }
    assert all(row.people == 20 and row.people_left_out == 3 for row in levels.values())


def test_of_too_few_there_is_no_regression() -> None:
    found = adjusted({(2025, "A"): Compared(ten(), 1)}, FOUR_LEVELS, fewest=11)

    assert {row.null_reason for row in found.values()} == {"fewer_than_11_people"}
    assert {row.coefficient for row in found.values()} == {None}
    assert {row.people for row in found.values()} == {10}
