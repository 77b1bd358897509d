"""Turnover, mobility and tenure have something to tell, and rest on monthly counts."""

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import oracle
import pytest
from dbt_kit import REPOSITORY
from oracle import Cell, people, sustainability
from oracle.headcount import EXIT_KINDS
from oracle.totals import ALL

from acceptance import warehouse
from acceptance.company import Company
from demo import ledger
from demo.facts import Plan

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

SEEDS = (1, 2, 3)
LAST_MONTH = date(2026, 6, 1)

WarehouseOf = Callable[[int], Company]


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


@pytest.mark.parametrize("seed", SEEDS)
def test_what_sustainability_reports_ask_for_is_the_ledgers(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    path = REPOSITORY / "demo/company/seeds/employment_types.csv"
    with path.open(newline="") as file:
        types = list(csv.DictReader(file))
    told = sustainability.disclosures(company.ledger, company.clock, types)
    found = warehouse.rows(
        company.restricted,
        """
        select
            disclosure, reference_year, whom, dimension, dimension_value, sex,
            people, people_pct
        from people.rpt_sustainability_disclosures
        """,
    )

    assert {key.disclosure for key in told} == {"S1-6", "S1-9", "2-7", "401-1", "405-1"}
    assert {"under_30", "30_to_50", "over_50"} <= {key.value for key in told}
    assert {"permanent", "temporary", "part_time"} <= {key.value for key in told}
    differing = warehouse.near_disagreements(
        {tuple(key): row for key, row in told.items()},
        {row[:6]: row[6:] for row in found},
        tolerance=1e-9,
    )
    assert differing == []
    assert len(found) == len(told)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_oracles_rates_rest_on_its_own_monthly_counts(
    tmp_path: Path, seed: int
) -> None:
    ledger.write(ledger.simulate(Plan(seed, employees=60, months=15)), tmp_path)
    as_at = datetime(2026, 7, 1, 6)
    months = oracle.months(tmp_path, as_at)
    heads = oracle.headcount(tmp_path, as_at)
    moves = oracle.movements(tmp_path, as_at)
    for cell, row in people.turnover(tmp_path, as_at).items():
        if row.headcount_mean is None or ALL in cell:
            continue
        last = months.index(cell.month)
        year = [cell._replace(month=month) for month in months[last - 11 : last + 1]]
        months_heads = [heads[own][0] for own in year if own in heads]
        assert row.headcount_mean == sum(months_heads) / 12, cell
        for kind in EXIT_KINDS:
            left = sum(moves[own][f"exits_{kind}"] for own in year if own in moves)
            assert getattr(row, f"exits_{kind}") == left, cell
        opened = moves.get(year[0])
        assert row.cohort == (opened["opening_headcount"] if opened else 0), cell
