"""Turnover, mobility, span of control and tenure are the ledger's in every cell."""

from collections.abc import Callable
from datetime import date

import pytest
from oracle import Cell, people
from oracle.totals import ALL

from acceptance import reports
from acceptance.company import Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

SEEDS = (1, 2, 3)
LAST_MONTH = date(2026, 6, 1)

WarehouseOf = Callable[[int], Company]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("report", reports.WORKFORCE, ids=lambda report: report.table)
def test_every_figure_is_the_ledgers_in_every_cell_and_total(
    warehouse_of: WarehouseOf, report: reports.Report, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = report.tell(company.ledger, company.clock)

    assert len(expected) > 500
    assert report.disagreements(expected, company.marts) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_there_is_something_to_find_in_each_rate(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    everybody = Cell(LAST_MONTH, ALL, ALL, ALL)
    left = people.turnover(company.ledger, company.clock)
    moved = people.mobility(company.ledger, company.clock)[everybody]
    stayed = people.tenure(company.ledger, company.clock)[everybody]

    assert {row.null_reason for row in left.values()} == {
        None,
        people.TOO_YOUNG,
        people.NOBODY,
    }
    assert left[everybody].exits_voluntary > 0
    assert left[everybody].exits_involuntary > 0
    assert 0 < (left[everybody].retention_pct or 0) < 100
    assert moved.transfers > 0
    assert moved.promotions > 0
    assert stayed.headcount_rehired > 0
