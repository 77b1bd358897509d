"""Every report that the oracle tells is the ledger's in every cell and total."""

from collections.abc import Callable

import pytest
from oracle.reports import Report

from acceptance import reports
from acceptance.company import SEEDS, Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


WarehouseOf = Callable[[int], Company]


@pytest.mark.parametrize("seed", SEEDS)
@reports.of_each
def test_every_figure_is_the_ledgers_in_every_cell_and_total(
    warehouse_of: WarehouseOf, report: Report, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = report.tell(company.ledger, company.clock)

    assert reports.disagreements(report, expected, company.marts) == []


@reports.of_each
def test_there_is_something_to_find_in_every_figure(
    untouched: WarehouseOf, report: Report
) -> None:
    company = untouched(1)
    expected = report.tell(company.ledger, company.clock)
    never = reports.never_told(report, expected)

    assert not never, (
        f"The oracle tells no {' and no '.join(never)} of {report.table} in any cell: "
        "nothing is compared. Correct the oracle, or let demo/ simulate some."
    )
