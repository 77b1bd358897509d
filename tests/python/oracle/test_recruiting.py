"""Time to fill and the funnel, worked out by hand."""

from datetime import date, datetime
from pathlib import Path

from oracle.handmade import Ledger, harbour
from oracle.recruiting import (
    Funnel,
    PlaceCell,
    TimeToFill,
    applications,
    funnel,
    time_to_fill,
)
from oracle.totals import ALL

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
AS_AT = datetime(2026, 4, 1, 6)


def staffed() -> Ledger:
    """The company with somebody in it, without whom nothing is known."""
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1))
    return ledger


def steps(*days: date) -> dict[str, date]:
    names = ("Applied", "Screening", "Interview", "Offer", "Accepted")
    return dict(zip(names, days, strict=False))


def test_time_to_fill_runs_from_the_opening_to_the_accepted_offer(
    tmp_path: Path,
) -> None:
    ledger = staffed()
    ledger.requisition("R1", date(2026, 1, 1))
    ledger.requisition("R2", date(2026, 2, 1), branch="London")
    quick = [date(2026, 2, day) for day in (2, 3, 4, 5, 20)]
    ledger.application("R1", steps(*quick))
    slow = [date(2026, 2, day) for day in (3, 4, 5, 6, 28)]
    ledger.application("R1", steps(*slow), employee_number="E1")
    ledger.application("R2", steps(*slow))
    ledger.application("R1", steps(date(2026, 2, 2)) | {"Rejected": date(2026, 2, 9)})
    found = time_to_fill(ledger.write(tmp_path), AS_AT)

    assert found[PlaceCell(FEBRUARY, ALL, ALL)] == TimeToFill(
        3, 50, 50 + 0.8 * 8, 1, 100 / 3
    )
    assert found[PlaceCell(FEBRUARY, "Sales", "Berlin")] == TimeToFill(
        2, 54, 50 + 0.9 * 8, 1, 50
    )
    assert {cell.month for cell in found} == {FEBRUARY}


def test_an_application_counts_at_every_stage_it_reached(tmp_path: Path) -> None:
    ledger = staffed()
    ledger.requisition("R1", date(2026, 1, 1))
    days = [date(2026, 2, day) for day in (2, 3, 4, 5)]
    ledger.application("R1", steps(days[0]))
    ledger.application("R1", steps(*days[:2]) | {"Withdrawn": date(2026, 2, 9)})
    ledger.application("R1", steps(*days) | {"Rejected": date(2026, 2, 9)})
    ledger.application("R1", steps(date(2026, 3, 2)))
    found = funnel(ledger.write(tmp_path), AS_AT)

    assert found[PlaceCell(FEBRUARY, ALL, ALL)] == Funnel(
        *(3, 2, 1, 1, 0), *(1, 1, 1), *(100 * 2 / 3, 50, 100, 0)
    )
    assert found[PlaceCell(MARCH, "Sales", "Berlin")] == Funnel(
        *(1, 0, 0, 0, 0), *(0, 0, 1), *(0, None, None, None)
    )


def test_a_step_is_known_once_the_monday_after_it_was_exported(tmp_path: Path) -> None:
    ledger = staffed()
    ledger.requisition("R1", date(2026, 1, 1))
    # A Sunday, a Monday and the Wednesday after it.
    ledger.application(
        "R1",
        {
            "Applied": date(2026, 3, 1),
            "Screening": date(2026, 3, 2),
            "Rejected": date(2026, 3, 4),
        },
    )
    folder = ledger.write(tmp_path)

    assert applications(folder, datetime(2026, 3, 2, 5, 29)) == []
    [new] = applications(folder, datetime(2026, 3, 2, 5, 30))
    assert (new.status, new.outcome, new.furthest_stage) == ("New", "open", "applied")
    [over] = applications(folder, datetime(2026, 3, 9, 6))
    assert (over.status, over.outcome) == ("Rejected", "rejected")
    assert over.furthest_stage == "screened"
    assert over.decided_on == date(2026, 3, 4)
    assert over.accepted_on is None


def test_a_department_has_its_label_of_now_and_may_be_missing(tmp_path: Path) -> None:
    ledger = staffed()
    ledger.department("Finance - HG", "Money", datetime(2026, 2, 20, 10))
    for number, department in enumerate(("Finance - HG", "Canteen", "")):
        ledger.requisition(f"R{number}", date(2026, 1, 1), department, branch="")
        ledger.application(f"R{number}", steps(date(2026, 2, 2)))
    found = applications(ledger.write(tmp_path), AS_AT)

    labels = [application.department for application in found]
    assert labels == ["Money", "Canteen", "Unassigned"]
    assert {application.branch for application in found} == {"Unassigned"}


def test_who_does_not_accept_is_internal_by_the_day_of_applying(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, date(2026, 1, 15), date(2026, 2, 20), "other")
    ledger.requisition("R1", date(2026, 1, 1))
    for day in (date(2026, 1, 14), date(2026, 1, 15), date(2026, 2, 20)):
        ledger.application("R1", steps(day), employee_number="E1")
    ledger.application("R1", steps(date(2026, 1, 15)), employee_number="E9")
    found = applications(ledger.write(tmp_path), AS_AT)

    assert [application.is_internal for application in found] == [
        False,
        True,
        False,
        False,
    ]
    assert [application.employee_number for application in found] == [
        None,
        "E1",
        None,
        None,
    ]


def test_who_accepts_is_internal_by_the_day_of_the_acceptance(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, date(2026, 2, 10), date(2026, 2, 20), "other")
    ledger.requisition("R1", date(2026, 1, 1))
    applied = [date(2026, 2, day) for day in (2, 3, 4, 5)]
    for day in (9, 10, 19, 20):
        accepted = date(2026, 2, day)
        ledger.application("R1", steps(*applied, accepted), employee_number="E1")
    folder = ledger.write(tmp_path)

    found = [application.employee_number for application in applications(folder, AS_AT)]
    assert found == [None, "E1", "E1", None]
    assert time_to_fill(folder, AS_AT)[PlaceCell(FEBRUARY, ALL, ALL)][3:] == (2, 50)
