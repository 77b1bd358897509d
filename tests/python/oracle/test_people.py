"""Turnover, mobility, span of control and tenure, worked out by hand."""

from datetime import date, datetime
from pathlib import Path

import pytest

from oracle.handmade import GO_LIVE, harbour
from oracle.headcount import Cell
from oracle.people import (
    NOBODY,
    TOO_YOUNG,
    ManagedCell,
    Mobility,
    Span,
    Tenure,
    mobility,
    span_of_control,
    tenure,
    turnover,
)
from oracle.totals import ALL, percentile, totals

WEST = "Western Europe"
LONG_AGO = date(2020, 1, 1)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
AFTER_A_YEAR = datetime(2027, 1, 1, 6)
MARCH = date(2026, 3, 1)
AFTER_MARCH = datetime(2026, 4, 1, 6)


def of(
    month: date, department: str = ALL, region: str = ALL, designation: str = ALL
) -> Cell:
    return Cell(month, department, region, designation)


def test_a_cell_counts_in_each_of_its_totals() -> None:
    assert sorted(totals(ManagedCell(MARCH, "Sales", WEST))) == [
        (MARCH, "All", "All"),
        (MARCH, "All", WEST),
        (MARCH, "Sales", "All"),
        (MARCH, "Sales", WEST),
    ]


def test_a_percentile_is_interpolated() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([10, 20], 0.9) == 19
    assert percentile([7], 0.9) == 7


def test_turnover_is_exits_over_the_mean_of_twelve_month_ends(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO, date(2026, 6, 15), "voluntary")
    ledger.employment(2, LONG_AGO)
    mover = ledger.employment(3, LONG_AGO)
    ledger.change(mover, date(2026, 12, 10), "department", "Finance - HG")
    ledger.employment(4, LONG_AGO, department="Finance - HG")
    found = turnover(ledger.write(tmp_path), AFTER_A_YEAR)

    sales = found[of(DECEMBER, "Sales")]
    assert sales == found[of(DECEMBER, "Sales", WEST, "Clerk")]
    assert sales.headcount_mean == pytest.approx((5 * 3 + 6 * 2 + 1) / 12)
    assert (sales.exits, sales.exits_voluntary, sales.exits_other) == (1, 1, 0)
    assert sales.turnover_pct == pytest.approx(1200 / 28)
    assert sales.voluntary_turnover_pct == pytest.approx(1200 / 28)
    assert sales.involuntary_turnover_pct == 0
    assert (sales.cohort, sales.retained) == (3, 2)
    assert sales.retention_pct == pytest.approx(200 / 3)
    assert sales.null_reason is None
    everybody = found[of(DECEMBER)]
    assert everybody.headcount_mean == pytest.approx(41 / 12)
    assert (everybody.exits, everybody.retention_pct) == (1, 75)


def test_under_twelve_months_exits_count_and_rates_do_not(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO, date(2026, 6, 15), "involuntary")
    ledger.employment(2, LONG_AGO)
    everybody = turnover(ledger.write(tmp_path), AFTER_A_YEAR)[of(NOVEMBER)]

    assert everybody.null_reason == TOO_YOUNG
    assert (everybody.exits, everybody.exits_involuntary) == (1, 1)
    assert everybody.headcount_mean is everybody.turnover_pct is None
    assert everybody.cohort is everybody.retained is everybody.retention_pct is None


def test_who_left_before_a_month_ended_has_no_headcount(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(
        1, date(2026, 3, 2), date(2026, 3, 20), "other", designation="Temp"
    )
    ledger.employment(2, date(2026, 3, 2), date(2026, 3, 2), "other")
    found = turnover(ledger.write(tmp_path), AFTER_A_YEAR)
    temps = found[of(DECEMBER, designation="Temp")]

    assert temps.null_reason == NOBODY
    assert (temps.headcount_mean, temps.turnover_pct) == (0, None)
    assert (temps.exits, temps.exits_other) == (1, 1)
    assert (temps.cohort, temps.retained, temps.retention_pct) == (0, 0, None)
    assert of(DECEMBER, designation="Clerk") not in found
    assert of(date(2026, 2, 1)) not in found


def test_who_came_back_was_not_retained(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO, date(2026, 3, 1), "voluntary")
    ledger.employment(1, date(2026, 4, 1), is_rehire=True)
    ledger.employment(2, LONG_AGO)
    everybody = turnover(ledger.write(tmp_path), AFTER_A_YEAR)[of(DECEMBER)]

    assert (everybody.cohort, everybody.retained) == (2, 1)


def test_a_move_is_a_transfer_or_else_a_promotion_once_a_day(tmp_path: Path) -> None:
    ledger = harbour()
    mover = ledger.employment(1, LONG_AGO)
    ledger.change(mover, date(2026, 2, 5), "department", "Finance - HG")
    ledger.change(mover, date(2026, 2, 5), "designation", "Analyst", kind="promotion")
    ledger.change(mover, date(2026, 3, 2), "grade", "G5", kind="promotion")
    ledger.change(mover, date(2026, 3, 9), "designation", "Analyst", kind="promotion")
    ledger.change(mover, date(2026, 3, 10), "employment_type", "Part-time")
    ledger.change(mover, date(2026, 3, 11), "manager_person_id", "2")
    joiner = ledger.employment(2, date(2026, 2, 2), date(2026, 3, 20), "other")
    ledger.change(joiner, date(2026, 2, 2), "branch", "London")
    ledger.change(joiner, date(2026, 3, 20), "branch", "Berlin")
    ledger.department("Finance - HG", "Money", datetime(2026, 2, 20, 10))
    found = mobility(ledger.write(tmp_path), AFTER_MARCH)

    assert found[of(MARCH)] == Mobility(None, 1, 1, None, TOO_YOUNG)
    assert found[of(MARCH, "Money", WEST, "Analyst")] == found[of(MARCH)]
    assert found[of(MARCH, "Sales")] == Mobility(None, 0, 0, None, TOO_YOUNG)
    assert found[of(date(2026, 2, 1), "Money")].promotions == 0


def test_mobility_is_moves_over_mean_headcount(tmp_path: Path) -> None:
    ledger = harbour()
    mover = ledger.employment(1, LONG_AGO)
    ledger.change(mover, date(2026, 12, 1), "branch", "London")
    there_and_back = ledger.employment(2, LONG_AGO)
    ledger.change(there_and_back, date(2026, 5, 4), "department", "Finance - HG")
    ledger.change(there_and_back, date(2026, 5, 5), "department", "Sales - HG")
    found = mobility(ledger.write(tmp_path), AFTER_A_YEAR)

    assert found[of(DECEMBER)] == Mobility(2, 3, 0, 150, None)
    north = Mobility(1 / 12, 1, 0, 1200, None)
    assert found[of(DECEMBER, region="Northern Europe")] == north
    assert found[of(DECEMBER, "Finance")] == Mobility(0, 1, 0, None, NOBODY)


def test_a_span_counts_active_reports_of_active_managers(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO, manager_person_id=1)
    ledger.employment(2, LONG_AGO, manager_person_id=1, department="Finance - HG")
    ledger.employment(3, LONG_AGO, manager_person_id=1)
    ledger.employment(4, LONG_AGO, manager_person_id=2)
    ledger.employment(5, LONG_AGO, date(2026, 3, 31), "other", manager_person_id=1)
    ledger.employment(6, LONG_AGO, date(2026, 3, 1), "other")
    ledger.employment(7, LONG_AGO, manager_person_id=6)
    ledger.employment(8, LONG_AGO, branch="London", manager_person_id=None)
    found = span_of_control(ledger.write(tmp_path), AFTER_MARCH)
    of_march = {cell: span for cell, span in found.items() if cell.month == MARCH}

    both = Span(2, 3, 1.5, 1.5, 2)
    of_first, of_second = Span(1, 2, 2, 2, 2), Span(1, 1, 1, 1, 1)
    assert of_march == {
        ManagedCell(MARCH, ALL, ALL): both,
        ManagedCell(MARCH, ALL, WEST): both,
        ManagedCell(MARCH, "Sales", ALL): of_first,
        ManagedCell(MARCH, "Sales", WEST): of_first,
        ManagedCell(MARCH, "Finance", ALL): of_second,
        ManagedCell(MARCH, "Finance", WEST): of_second,
    }
    february = ManagedCell(date(2026, 2, 1), "Sales", WEST)
    assert found[february] == Span(2, 4, 2, 2, 3)


def test_tenure_runs_from_the_current_and_from_the_first_joining_day(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, date(2026, 3, 1))
    ledger.employment(2, date(2026, 1, 30), date(2026, 2, 28), "voluntary")
    ledger.employment(2, date(2026, 3, 21), is_rehire=True)
    ledger.employment(3, date(2026, 1, 9), date(2026, 1, 9), "other")
    ledger.employment(3, date(2026, 3, 31))
    found = tenure(ledger.write(tmp_path), AFTER_MARCH)

    assert found[of(MARCH)] == Tenure(
        headcount=3,
        headcount_rehired=1,
        tenure_days_mean=40 / 3,
        tenure_days_median=10,
        first_tenure_days_mean=30,
        first_tenure_days_median=30,
    )
    assert found[of(date(2026, 1, 1))] == Tenure(1, 0, 1, 1, 1, 1)


def test_rates_tell_what_was_known_at_the_instant(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(
        1,
        LONG_AGO,
        date(2026, 12, 10),
        "voluntary",
        recorded_at=GO_LIVE,
        end_recorded_at=datetime(2027, 1, 5, 9),
    )
    folder = ledger.write(tmp_path)
    before, after = datetime(2027, 1, 4), datetime(2027, 1, 6)

    assert turnover(folder, before)[of(DECEMBER)].exits == 0
    assert turnover(folder, after)[of(DECEMBER)].exits == 1
