"""Movements explain headcount, and nothing but joining or leaving changes a total."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

import oracle
import pytest
from oracle import Cell
from oracle.employment import Row, rows_of

from acceptance import warehouse
from acceptance.company import Company, create

SEEDS = [pytest.param(n, marks=pytest.mark.xdist_group(f"seed_{n}")) for n in (1, 2, 3)]

Measures = dict[str, int]
WarehouseOf = Callable[[int], Company]
Group = Callable[[Cell], tuple[str, ...]]

TOTALS: dict[str, Group] = {
    "cell": lambda cell: (cell.department, cell.region, cell.designation),
    "department": lambda cell: (cell.department,),
    "region": lambda cell: (cell.region,),
    "designation": lambda cell: (cell.designation,),
    "department and region": lambda cell: (cell.department, cell.region),
    "department and designation": lambda cell: (cell.department, cell.designation),
    "region and designation": lambda cell: (cell.region, cell.designation),
    "everybody": lambda cell: (),
}


def summed(rows: Iterable[Measures]) -> Measures:
    total = dict.fromkeys(oracle.MEASURES, 0)
    for row in rows:
        for measure in oracle.MEASURES:
            total[measure] += row[measure]
    return total


def explained(row: Measures) -> int:
    """The closing headcount that opening and movements lead to."""
    joins = row["hires"] + row["rehires"] + row["transfers_in"]
    exits = row["exits_voluntary"] + row["exits_involuntary"] + row["exits_other"]
    return row["opening_headcount"] + joins - row["transfers_out"] - exits


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("total", TOTALS)
def test_opening_and_movements_make_closing_and_the_next_opening(
    warehouse_of: WarehouseOf, total: str, seed: int
) -> None:
    found = warehouse.movements(warehouse_of(seed).marts)
    groups: dict[tuple[str, ...], dict[date, list[Measures]]] = {}
    for cell, row in found.items():
        by_month = groups.setdefault(TOTALS[total](cell), {})
        by_month.setdefault(cell.month, []).append(row)
    months = sorted({cell.month for cell in found})
    for group, by_month in groups.items():
        closed_before = None
        for month in months:
            row = summed(by_month.get(month, []))
            assert explained(row) == row["closing_headcount"], (group, month, row)
            if closed_before is not None:
                assert row["opening_headcount"] == closed_before, (group, month, row)
            closed_before = row["closing_headcount"]


@pytest.mark.parametrize("seed", SEEDS)
def test_closing_headcount_is_the_headcount_report(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    marts = warehouse_of(seed).marts
    closing = {
        cell: row["closing_headcount"]
        for cell, row in warehouse.movements(marts).items()
        if row["closing_headcount"]
    }
    heads = {cell: people for cell, (people, _) in warehouse.headcount(marts).items()}

    assert warehouse.disagreements(closing, heads) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_only_new_employments_are_hires_whatever_was_promoted_or_transferred(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    months = oracle.months(company.ledger, company.clock)
    workforce = oracle.known(company.ledger, company.clock)
    joined = [
        employment
        for employment in workforce.employments
        if not employment.is_empty() and employment.started_on.replace(day=1) in months
    ]
    changes_of_company = [
        change
        for employment in workforce.employments
        for change in employment.changes
        if change.field == "company" and change.effective_on >= months[0]
    ]
    total = summed(warehouse.movements(company.marts).values())

    assert changes_of_company, "nobody moved to another company: nothing is shown"
    assert total["hires"] == sum(not employment.is_rehire for employment in joined)
    assert total["rehires"] == sum(employment.is_rehire for employment in joined)
    assert total["transfers_in"] == total["transfers_out"] > 0


@pytest.mark.xdist_group("reorganised")
@pytest.mark.parametrize("what", ["department_name", "parent_department"])
def test_a_renamed_or_reparented_department_moves_nobody(
    tmp_path: Path, what: str
) -> None:
    """The reports of a minute before and a minute after differ in the label alone."""
    company = create(tmp_path, seed=4, employees=60, months=4)
    before, after = versions_of_the_changed(company, what)
    found = {}
    for version, minutes in ((before, -1), (after, 1)):
        company.set_clock(after["recorded_at"] + timedelta(minutes=minutes))
        company.ingest("frappe_hr", "payroll")
        company.build()
        found[version["department_name"].strip()] = warehouse.movements(company.marts)

    old, new = before["department_name"].strip(), after["department_name"].strip()
    relabelled = {
        cell._replace(department=new) if cell.department == old else cell: row
        for cell, row in found[old].items()
    }
    assert any(cell.department == new for cell in relabelled)
    assert warehouse.disagreements(relabelled, found[new]) == []


def versions_of_the_changed(company: Company, what: str) -> tuple[Row, Row]:
    """The versions of a department before and after its first change of a field."""
    newest: dict[str, Row] = {}
    rows = rows_of(company.ledger, "departments")
    for row in sorted(rows, key=lambda version: version["recorded_at"]):
        before = newest.get(row["department"])
        if before is not None and before[what] != row[what]:
            return before, row
        newest[row["department"]] = row
    raise AssertionError(f"no department changed its {what}: nothing is shown")
