"""Days worked and breaches are the ledger's, whatever phones made of them."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from oracle import working_time
from oracle.employment import rows_of
from oracle.working_time import Breach, BreachKey, Day, Limits, Session

from acceptance import warehouse
from acceptance.company import SEEDS, Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

YEARS = {2025, 2026}
# A few of the demo company's people break the law's limits; these, most of them would.
STRICT = Limits(weekly_hours=42, daily_rest_hours=15)
ROUNDING = Decimal("0.0001")

WarehouseOf = Callable[[int], Company]


def true_sessions(company: Company) -> list[Session]:
    """What was truly worked, as far as punches of it were delivered."""
    arrivals = working_time.delivered_punches(company.inbox / "attendance")
    return working_time.sessions(company.ledger, company.clock, arrivals)


def numbered(company: Company, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query that starts with an employee's key: its number instead."""
    numbers = dict(
        warehouse.rows(
            company.restricted,
            "select distinct employee_key, employee_number"
            " from people.int_employees_conformed",
        )
    )
    return [(numbers[key], *row) for key, *row in warehouse.rows(company.marts, query)]


@pytest.mark.parametrize("seed", SEEDS)
def test_days_worked_are_the_ledgers_for_everybody_and_every_day(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = working_time.working_days(true_sessions(company))
    found = numbered(
        company,
        f"select employee_key, worked_on, {', '.join(Day._fields)}"
        " from working_time.fct_working_days",
    )
    days = {(row[0], row[1]): Day(*row[2:]) for row in found}

    for figure in ("missing_check_ins", "missing_check_outs", "clock_ahead_sessions"):
        assert any(getattr(day, figure) for day in expected.values()), figure
    assert len(days) == len(found), "somebody has a day twice"
    assert warehouse.disagreements(expected, days) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_strikes_are_the_ledgers_and_are_absence_without_pay(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    numbers = {
        row["person_id"]: row["employee_number"]
        for row in rows_of(company.ledger, "people")
    }
    expected = {
        (numbers[row["person_id"]], row["from_on"], row["to_on"])
        for row in rows_of(company.ledger, "leaves")
        if row["leave_type"] == "Strike"
    }
    found = warehouse.rows(
        company.restricted,
        "select distinct employee_number, starts_on, ends_on, is_absence, pay_effect"
        " from working_time.int_leaves_conformed"
        " inner join people.int_employees_conformed using (employee_key)"
        " where leave_kind = 'industrial_action'",
    )

    assert len({first for _, first, _ in expected}) == 2
    assert {row[:3] for row in found} == expected
    assert {row[3:] for row in found} == {(True, "unpaid")}


def reported_breaches(company: Company) -> dict[BreachKey, Breach]:
    """The breaches that the warehouse reports."""
    found = numbered(
        company,
        "select employee_key, breach_type, breached_on, measured_hours, leave_days"
        " from working_time.rpt_working_time_breaches",
    )
    told = {BreachKey(*row[:3]): Breach(*row[3:]) for row in found}
    assert len(told) == len(found), "a breach is told twice"
    return told


def breach_disagreements(
    expected: dict[BreachKey, Breach], found: dict[BreachKey, Breach]
) -> list[str]:
    """Where breaches differ by more than the rounding of a mean."""
    kept = {
        key: expected[key]
        if key in expected
        and breach.leave_days == expected[key].leave_days
        and abs(breach.measured_hours - expected[key].measured_hours) <= ROUNDING
        else breach
        for key, breach in found.items()
    }
    return warehouse.disagreements(expected, kept)


@pytest.mark.parametrize("seed", SEEDS)
def test_breaches_are_the_ledgers(warehouse_of: WarehouseOf, seed: int) -> None:
    company = warehouse_of(seed)
    sessions = true_sessions(company)
    expected = working_time.breaches(company.ledger, company.clock, sessions)
    in_breach: dict[int, set[str]] = {}
    for key in expected:
        in_breach.setdefault(key.breached_on.year, set()).add(key.employee_number)

    assert {key.breach_type for key in expected} == {"weekly_hours", "daily_rest"}
    assert {year for year, people in in_breach.items() if len(people) > 5} == YEARS
    assert breach_disagreements(expected, reported_breaches(company)) == []


def test_limits_are_inputs_and_what_breaks_stricter_ones_is_the_ledgers(
    in_one_go: Company, tmp_path: Path
) -> None:
    sessions = true_sessions(in_one_go)
    expected = working_time.breaches(
        in_one_go.ledger, in_one_go.clock, sessions, STRICT
    )
    company = in_one_go.copy(tmp_path)
    shutil.copytree(in_one_go.environment, company.environment)
    company.dbt(
        [
            *("run", "--select", "rpt_working_time_breaches", "--vars"),
            "{working_time: {longest_session_hours: 16, reference_weeks: 17,"
            f" weekly_hours_limit: {STRICT.weekly_hours},"
            f" daily_rest_hours: {STRICT.daily_rest_hours}}}}}",
        ]
    )

    assert {key.breach_type for key in expected} == {"weekly_hours", "daily_rest"}
    assert any(breach.leave_days for breach in expected.values())
    assert breach_disagreements(expected, reported_breaches(company)) == []
