"""Movements explain headcount, and nothing but joining or leaving changes a total."""

import shutil
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

import oracle
import pyarrow.parquet as pq
import pytest
from oracle import Cell

from acceptance import warehouse
from acceptance.company import SEEDS, Company
from ingestion import clock
from ingestion.log import Log

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


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


def test_a_renamed_or_reparented_department_moves_nobody(
    in_one_go: Company, tmp_path: Path
) -> None:
    """One more load that holds nothing else changes labels, and nothing else."""
    before = warehouse.movements(in_one_go.marts)
    renamed, reparented = the_two_with_most_moves(before)
    company = in_one_go.copy(tmp_path)
    shutil.copytree(in_one_go.environment, company.environment)
    reorganise(company, renamed, reparented)
    company.build(only="+rpt_movements_monthly +dim_department")
    after = warehouse.movements(company.marts)
    relabelled = {
        cell._replace(department="Renamed") if cell.department == renamed else cell: row
        for cell, row in before.items()
    }

    assert any(cell.department == "Renamed" for cell in after)
    assert warehouse.disagreements(relabelled, after) == []
    assert parents(company.marts, reparented) != parents(in_one_go.marts, reparented)


def the_two_with_most_moves(moves: dict[Cell, Measures]) -> list[str]:
    """The departments that most people moved into and out of."""
    by_department: dict[str, int] = {}
    for cell, row in moves.items():
        moved = row["transfers_in"] + row["transfers_out"]
        by_department.setdefault(cell.department, 0)
        by_department[cell.department] += moved
    return sorted(by_department, key=lambda name: -by_department[name])[:2]


def reorganise(company: Company, renamed: str, reparented: str) -> None:
    """Append a load in which departments are renamed, and moved under the root."""
    log = Log(company.raw)
    last = max(load.inserted_at for load in log.completed("raw_frappe_hr"))
    with log.connect() as connection:
        rows = connection.execute(
            """
            select * exclude (_dlt_load_id) replace (
                case when trim(department_name) = $renamed then 'Renamed'
                    else department_name end as department_name,
                case when trim(department_name) = $reparented then 'All Departments'
                    else parent_department end as parent_department,
                timestamp '2026-07-01 07:59:00' as modified
            )
            from raw_frappe_hr.departments
            where trim(department_name) in ($renamed, $reparented)
            qualify row_number() over (partition by name order by modified desc) = 1
            """,
            {"renamed": renamed, "reparented": reparented},
        ).to_arrow_table()
    with pytest.MonkeyPatch.context() as patch, log.write("raw_frappe_hr") as draft:
        pq.write_table(rows, draft.path("departments"))
        patch.setenv(clock.VARIABLE, (last + timedelta(minutes=1)).isoformat())


def parents(marts: Path, department: str) -> list[tuple[object, ...]]:
    """The parents of the departments of a label."""
    return warehouse.rows(
        marts,
        "select department_id, parent_department_id from core.dim_department"
        f" where department = '{department}' order by all",
    )
