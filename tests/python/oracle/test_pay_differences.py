"""The oracle of differences in pay: the three conditions, and returns, by hand."""

from datetime import date
from fractions import Fraction

import pytest

from oracle.pay_differences import Month, absences, assess, improvements, later

SUBMITTED = date(2026, 6, 7)
DUE = date(2026, 12, 7)


@pytest.mark.parametrize(
    ("difference", "is_justified", "after", "as_at_on", "assessment"),
    [
        (None, True, None, date(2027, 1, 1), "not_compared"),
        (4.999, False, 9.0, date(2027, 1, 1), "below_threshold"),
        (-5.0, True, 9.0, date(2027, 1, 1), "justified"),
        (5.0, False, 9.0, DUE, "time_to_remedy"),
        (5.0, False, None, date(2027, 1, 1), "not_compared_after"),
        (5.0, False, -4.999, date(2027, 1, 1), "remedied"),
        (-5.0, False, 5.0, date(2027, 1, 1), "not_remedied"),
    ],
)
def test_a_difference_is_assessed_where_all_three_conditions_are_met(
    difference: float | None,
    is_justified: bool,
    after: float | None,
    as_at_on: date,
    assessment: str,
) -> None:
    assert later(SUBMITTED, 6) == DUE
    assert (
        assess(
            difference,
            is_justified=is_justified,
            remedy_due_on=DUE,
            is_month_closed=True,
            after=after,
            as_at_on=as_at_on,
        )
        == assessment
    )


def test_six_months_end_with_a_month_that_is_shorter() -> None:
    assert later(date(2026, 8, 31), 6) == date(2027, 2, 28)


def test_who_returned_and_had_no_rise_is_counted_where_another_had_one() -> None:
    leaves = [
        {"person_id": 1, "leave_type": "Parental", "from_on": a, "to_on": b}
        for a, b in (
            (date(2026, 3, 10), date(2026, 3, 31)),
            (date(2026, 4, 1), date(2026, 4, 30)),
        )
    ]
    away = absences(leaves, {"parental": {"kind": "parental"}})
    months = {
        (date(2026, month, 1), "A", person): Month(
            "female",
            "X",
            40,
            basic=Fraction(rate),
            gross=Fraction(rate),
            basic_hours=Fraction(1),
            paid_hours=Fraction(1),
        )
        for person, month, rate in ((1, 2, 20), (1, 5, 20), (2, 2, 20), (2, 5, 21))
    }

    assert away == [(1, date(2026, 3, 10), date(2026, 5, 1))]
    assert improvements(months, away) == {(2026, "A", "X", "female"): {1: False}}
