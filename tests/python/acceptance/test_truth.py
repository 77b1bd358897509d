"""The marts say what truly happened, though the sources tell it badly."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import oracle
import pytest
from oracle import handmade
from oracle.brute_force import walk
from oracle.employment import rows_of

from acceptance import warehouse
from acceptance.company import SEEDS, Company
from demo import ledger
from demo.facts import Plan

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

OF_STATES = (
    "department",
    "branch",
    "country",
    "region",
    "designation",
    "grade",
    "employment_type",
    "manager",
    "fte",
)
ONE_DAY = timedelta(days=1)

WarehouseOf = Callable[[int], Company]


@pytest.mark.parametrize("seed", SEEDS)
def test_headcount_and_fte_are_the_ledgers_in_every_cell_and_month(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = oracle.headcount(company.ledger, company.clock)

    assert len(expected) > 100
    assert warehouse.disagreements(expected, warehouse.headcount(company.marts)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_movements_are_the_ledgers_in_every_cell_and_month(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = oracle.movements(company.ledger, company.clock)

    for measure in oracle.MEASURES:
        assert any(row[measure] for row in expected.values()), f"no {measure} to find"
    assert warehouse.disagreements(expected, warehouse.movements(company.marts)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_who_was_where_is_the_ledgers_on_any_day(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    months = oracle.months(company.ledger, company.clock)
    days = [months[0] - ONE_DAY, *months[::3], months[4].replace(day=17)]
    days += [company.clock.date() - ONE_DAY, company.clock.date()]
    for day in days:
        expected = {
            number: tuple(getattr(state, name) for name in OF_STATES)
            for number, state in oracle.assignments_on(
                company.ledger, day, company.clock
            ).items()
        }
        found = who_was_where(company, day)
        assert warehouse.disagreements(expected, found) == [], f"on {day}"


def who_was_where(company: Company, day: date) -> dict[str, tuple[object, ...]]:
    """Everybody on a day, by employee number: one filter on the history."""
    found = warehouse.rows(
        company.marts,
        f"""
        with numbers as (
            select distinct employee_key, employee_number
            from restricted.people.int_employees_conformed
        )
        select
            person.employee_number, history.department, history.branch,
            history.country, history.region, history.designation, history.grade,
            history.employment_type, manager.employee_number, history.fte
        from core.dim_employee_history as history
        inner join numbers as person using (employee_key)
        left join numbers as manager
            on manager.employee_key = history.manager_employee_key
        where history.effective_from <= '{day}'
            and (history.effective_to is null or history.effective_to > '{day}')
        """,
        restricted=company.restricted,
    )
    people = {row[0]: row[1:] for row in found}
    assert len(people) == len(found), f"somebody is twice in the history on {day}"
    return people


@pytest.mark.parametrize("seed", SEEDS)
def test_the_oracle_counts_a_company_as_a_picture_of_every_day_does(
    tmp_path: Path, seed: int
) -> None:
    plan = Plan(seed, employees=40, months=4)
    ledger.write(ledger.simulate(plan), tmp_path)
    tables = {name: rows_of(tmp_path, name) for name in handmade.SCHEMAS}
    as_at = datetime(2026, 7, 1, 6)
    heads, moves = walk(tables, plan.starts_on, as_at.date() - ONE_DAY, as_at)

    assert oracle.headcount(tmp_path, as_at) == heads
    assert oracle.movements(tmp_path, as_at) == {
        cell: dict.fromkeys(oracle.MEASURES, 0) | measures
        for cell, measures in moves.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rehire_is_whoever_was_employed_before(tmp_path: Path, seed: int) -> None:
    plan = Plan(seed, employees=200, months=12)
    ledger.write(ledger.simulate(plan), tmp_path)
    workforce = oracle.known(tmp_path, datetime(2026, 7, 1, 6))
    earlier: set[int] = set()
    for employment in sorted(workforce.employments, key=lambda e: e.started_on):
        assert employment.is_rehire == (employment.person_id in earlier), employment
        if not employment.is_empty():
            earlier.add(employment.person_id)
