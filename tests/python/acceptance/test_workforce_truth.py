"""Turnover, mobility and tenure have something to tell, and rest on monthly counts."""

import csv
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import oracle
import pytest
from dbt_kit import REPOSITORY
from oracle import Cell, people, sustainability
from oracle.headcount import EXIT_KINDS
from oracle.totals import ALL

from acceptance import warehouse
from acceptance.company import SEEDS, Company
from demo import ledger
from demo.facts import Plan

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

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


def given(name: str) -> list[dict[str, str]]:
    """The rows of a table that the employer keeps."""
    path = REPOSITORY / "demo/company/seeds" / f"{name}.csv"
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def sustainability_disagreements(
    company: Company, heard_until: dict[str, date] | None = None
) -> list[str]:
    """Where the numbers for sustainability reports are not the ledger's."""
    told = sustainability.disclosures(
        company.ledger,
        company.clock,
        given("employment_types"),
        [row["designation"] for row in given("top_management")],
        given("governance_bodies"),
        heard_until,
    )
    found = warehouse.rows(
        company.restricted,
        """
        select
            disclosure, reference_year, whom, dimension, dimension_value, sex,
            people, people_pct, null_reason
        from people.rpt_sustainability_disclosures
        """,
    )
    assert len(found) == len(told)
    return warehouse.near_disagreements(
        {tuple(key): row for key, row in told.items()},
        {row[:6]: row[6:] for row in found},
        tolerance=1e-9,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_what_sustainability_reports_ask_for_is_the_ledgers(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    found = {
        value
        for row in warehouse.rows(
            company.restricted,
            "select disclosure, whom, dimension_value"
            " from people.rpt_sustainability_disclosures where people > 0",
        )
        for value in row
    }

    assert {"S1-6", "S1-9", "2-7", "401-1", "405-1"} <= found
    assert {"under_30", "30_to_50", "over_50", "top_management"} <= found
    assert {"permanent", "temporary", "part_time", "Supervisory board"} <= found
    assert sustainability_disagreements(company) == []


def test_of_a_system_that_ended_sustainability_reports_tell_what_the_oracle_does(
    warehouse_of: WarehouseOf, tmp_path: Path
) -> None:
    company = Company(tmp_path / "home", warehouse_of(1).desk)
    shutil.copytree(warehouse_of(1).home, company.home)
    name, day = "Harbour Group GmbH", date(2025, 6, 1)
    with duckdb.connect(company.marts) as connection:
        connection.execute(
            "update core.dim_employee_history set unknown_since_on = ?"
            " where company = ?",
            [day, name],
        )
    company.build(only="rpt_sustainability_disclosures rpt_sustainability_pay")

    assert sustainability_disagreements(company, {name: day}) == []
    told = "select distinct null_reason, exact_value from pay.rpt_sustainability_pay"
    assert warehouse.rows(company.restricted, told) == [
        ("not_known_beyond_2025-06-01", None)
    ]


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
