"""Pay figures are what the ledger says was paid, in every cell."""

import csv
from collections.abc import Callable, Mapping
from math import isclose
from typing import Any, TypeVar

import pytest
from oracle import pay

from acceptance import warehouse
from acceptance.company import REPOSITORY, Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

SEEDS = (1, 2, 3)

Key = TypeVar("Key")
WarehouseOf = Callable[[int], Company]


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a table that the employer keeps."""
    path = REPOSITORY / "seeds" / f"{name}.csv"
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def leave_types() -> dict[str, dict[str, str]]:
    """What each type of leave is for, by its name in lower case."""
    return {row["leave_type"].strip().lower(): row for row in seed("leave_types")}


def alike(expected: Any, found: Any) -> bool:
    """Whether two rows are equal, floats but for the order of additions."""
    if isinstance(expected, tuple) and isinstance(found, tuple):
        return len(expected) == len(found) and all(map(alike, expected, found))
    if isinstance(expected, float) and isinstance(found, float):
        return isclose(expected, found, rel_tol=1e-9, abs_tol=1e-9)
    return bool(expected == found)


def disagreements(
    expected: Mapping[Key, tuple[Any, ...]], found: Mapping[Key, tuple[Any, ...]]
) -> list[str]:
    """Every key on which the two differ, told in a line each."""
    return [
        f"{key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in sorted(expected.keys() | found.keys(), key=repr)
        if not alike(expected.get(key), found.get(key))
    ]


def by_key(
    rows: list[tuple[Any, ...]], width: int
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The rows by their first columns."""
    found = {row[:width]: row[width:] for row in rows}
    assert len(found) == len(rows), "two rows have one key"
    return found


@pytest.mark.parametrize("seed_number", SEEDS)
def test_pay_levels_are_what_was_paid(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid = pay.payroll(company.ledger, company.clock)
    expected = {
        (x.regime, x.year, x.company, x.employee): (
            x.currency,
            x.sex,
            x.reason,
            x.basic,
            x.components,
            x.bonus,
            x.gross,
            x.hours,
            *(
                float(x.pay(component, "hourly")) if x.hours else None
                for component in ("gross", "basic", "components")
            ),
            x.is_in_population,
            x.is_relevant,
            x.counted_components > 0,
        )
        for x in pay.levels(paid, leave_types())
    }
    found = warehouse.rows(
        company.restricted,
        """
        with numbers as (
            select distinct employee_key, employee_number
            from people.int_employees_conformed
        )
        select
            regime, reference_year, company, employee_number,
            currency, sex, population_reason,
            basic_pay, component_pay, bonus_pay, gross_pay, paid_hours,
            hourly_gross, hourly_basic, hourly_component,
            is_in_population, is_in_component_population, has_components
        from pay.fct_pay_levels
        left join numbers using (employee_key)
        """,
    )

    assert {key[:2] for key in expected} == {("eu", 2025), ("uk", 2026)}
    assert disagreements(expected, by_key(found, 4)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_pay_gaps_are_the_ledgers(warehouse_of: WarehouseOf, seed_number: int) -> None:
    company = warehouse_of(seed_number)
    levels = pay.levels(pay.payroll(company.ledger, company.clock), leave_types())
    expected = {
        tuple(key): tuple(pay.shown(figure)) for key, figure in pay.gaps(levels).items()
    }
    found = warehouse.rows(
        company.marts,
        """
        select
            regime, reference_year, company, basis, metric,
            value_pct, women, men, undeclared_or_other, withheld_reason is not null
        from pay.rpt_pay_gap
        """,
    )

    assert any(value is not None for value, *_ in expected.values())
    assert disagreements(expected, by_key(found, 5)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_quarters_of_pay_are_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    levels = pay.levels(pay.payroll(company.ledger, company.clock), leave_types())
    expected = {
        key: (
            quarter.women,
            quarter.men,
            100 * quarter.women / sum(quarter),
            100 * quarter.men / sum(quarter),
        )
        for key, quarter in pay.quartiles(levels).items()
    }
    found = warehouse.rows(
        company.marts,
        """
        select
            regime, reference_year, company, basis, quartile,
            women, men, women_pct, men_pct
        from pay.rpt_pay_quartiles
        """,
    )

    assert disagreements(expected, by_key(found, 5)) == []
