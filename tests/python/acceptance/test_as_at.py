"""An earlier `as_at` gives back what was known then, whatever was loaded since."""

import oracle
import pytest
from oracle.reports import Report

from acceptance import order, reports, warehouse

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

LANDMARKS = range(order.LANDMARKS)


@pytest.mark.parametrize("landmark", LANDMARKS)
def test_a_build_as_at_an_instant_equals_the_build_made_then(
    day_by_day: order.DayByDay, landmark: int
) -> None:
    then, restated = day_by_day.then(landmark), day_by_day.restated(landmark)

    assert warehouse.table_differences(then, restated) == []


@pytest.mark.parametrize("landmark", LANDMARKS)
def test_what_was_known_then_is_what_the_ledger_says_was_recorded(
    day_by_day: order.DayByDay, landmark: int
) -> None:
    ledger, as_at = day_by_day.company.ledger, day_by_day.landmarks[landmark]
    heads, moves = oracle.headcount(ledger, as_at), oracle.movements(ledger, as_at)
    restated = day_by_day.restated(landmark)

    assert heads
    assert warehouse.disagreements(heads, warehouse.headcount(restated)) == []
    assert warehouse.disagreements(moves, warehouse.movements(restated)) == []


@pytest.mark.parametrize("landmark", LANDMARKS)
@reports.of_each
def test_a_report_is_what_the_ledger_says_was_known_then(
    day_by_day: order.DayByDay, report: Report, landmark: int
) -> None:
    ledger, as_at = day_by_day.company.ledger, day_by_day.landmarks[landmark]
    expected = report.tell(ledger, as_at)

    assert expected
    assert reports.disagreements(report, expected, day_by_day.restated(landmark)) == []


@pytest.mark.parametrize("landmark", LANDMARKS)
def test_something_was_learned_later_about_what_had_been_reported(
    day_by_day: order.DayByDay, landmark: int
) -> None:
    then = warehouse.movements(day_by_day.then(landmark))
    now = warehouse.movements(day_by_day.marts)
    reported = {cell.month for cell in then}

    assert {cell: row for cell, row in now.items() if cell.month in reported} != then
