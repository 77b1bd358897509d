"""Sessions are those that were worked, wherever both their punches were delivered."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

import pytest
from oracle import working_time
from oracle.employment import rows_of

from acceptance import warehouse
from acceptance.company import SEEDS, Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


# On these nights the clocks of Berlin and Vienna changed.
NIGHTS = (date(2025, 10, 25), date(2026, 3, 28))

WarehouseOf = Callable[[int], Company]


class Whole(NamedTuple):
    """A session with both punches: whose, and when by the phone."""

    user_id: str
    checked_in_at: datetime
    checked_out_at: datetime


def users_of(company: Company) -> dict[str, str]:
    """The app's user id of each person."""
    return {
        row["person_id"]: row["attendance_user_id"]
        for row in rows_of(company.ledger, "people")
    }


def truly_worked(company: Company) -> dict[Whole, date]:
    """The sessions whose punches were both delivered, with the day of their shift."""
    delivered = working_time.delivered_punches(company.inbox / "attendance")
    users = users_of(company)
    return {
        Whole(
            users[row["person_id"]],
            row["in_device_at"],
            row["out_device_at"],
        ): row["worked_on"]
        for row in rows_of(company.ledger, "worked_sessions")
        if row["in_event_id"] in delivered and row["out_event_id"] in delivered
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_true_sessions_are_recovered_and_no_other_is_whole(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = truly_worked(company)
    found = warehouse.rows(
        company.restricted,
        "select attendance_user_id, check_in_at, check_out_at"
        " from working_time.int_sessions_paired"
        " where worked_seconds is not null",
    )

    assert set(NIGHTS) <= set(expected.values()), "nobody works when clocks change"
    sessions = {Whole(*row) for row in found}
    assert len(sessions) == len(found)
    assert sessions - expected.keys() == set()
    assert expected.keys() - sessions == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_punch_that_was_delivered_is_in_one_session(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    delivered = working_time.delivered_punches(company.inbox / "attendance")
    users = users_of(company)
    truth = rows_of(company.ledger, "worked_sessions")
    expected = {
        (users[row["person_id"]], side, row[f"{side}_device_at"])
        for row in truth
        for side in ("in", "out")
        if row[f"{side}_event_id"] in delivered
    }
    found = [
        (user, side, punched_at)
        for user, *times in warehouse.rows(
            company.restricted,
            "select attendance_user_id, check_in_at, check_out_at"
            " from working_time.int_sessions_paired",
        )
        for side, punched_at in zip(("in", "out"), times, strict=True)
        if punched_at is not None
    ]

    assert any(row["is_in_missing"] for row in truth)
    assert any(row["is_out_missing"] for row in truth)
    assert len(found) == len(set(found))
    assert set(found) == expected
