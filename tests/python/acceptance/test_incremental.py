"""What is built on what was there equals what is built from nothing, row for row."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from acceptance import order, warehouse
from acceptance.company import Company, create
from environment import Environment
from operations.release import release as releasing
from operations.release.release import release
from operations.requirements import Matrix
from store.releases import Release
from store.store import open_store

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

EMPLOYEES, MONTHS = 40, 4

SESSIONS = "working_time.int_sessions_paired"


def pairings(restricted: Path) -> set[tuple[Any, ...]]:
    """Every session with its place."""
    columns = ", ".join(sorted(warehouse.tables(restricted)[SESSIONS]))
    return set(warehouse.rows(restricted, f"select {columns} from {SESSIONS}"))


def test_punches_that_came_day_by_day_are_paired_as_in_one_go(
    in_one_go: Company, day_by_day: order.DayByDay
) -> None:
    expected, found = pairings(in_one_go.restricted), pairings(day_by_day.restricted)

    assert len(expected) > 1000
    assert expected - found == set()
    assert found - expected == set()


class Builder:
    """Builds a candidate as `muster release` does, with two of the tests.

    Args:
        company: The company; its other commands are run the same way.
    """

    def __init__(self, company: Company) -> None:
        self.company = company
        self.has_built_on_what_was_there: list[bool] = []

    def __call__(
        self, candidate: Environment, variables: dict[str, Any], console: Console
    ) -> None:
        """Run dbt on a candidate."""
        # A table is made anew from what it reads; only these know what was there.
        selected = ["+config.materialized:incremental"]
        selected += ["every_punch_counts_once", "a_working_day_is_told_once"]
        at_candidate = replace(self.company, home=candidate.home)
        at_candidate.dbt(
            [
                *("build", "--select", *selected, "--indirect-selection", "empty"),
                *("--exclude-resource-type", "unit_test"),
                *("--vars", json.dumps(variables)),
            ]
        )
        target = self.company.desk / "target"
        candidate.artifacts.mkdir()
        # Who reads what was not built is not asked.
        manifest = json.loads((target / "manifest.json").read_text())
        told = json.dumps(manifest | {"exposures": {}})
        (candidate.artifacts / "manifest.json").write_text(told)
        shutil.copy(target / "run_results.json", candidate.artifacts)
        (compiled,) = (target / "compiled").rglob("int_sessions_paired.sql")
        self.has_built_on_what_was_there.append(
            "touched_days as (" in compiled.read_text()
        )


def proven(candidate: Environment) -> Matrix:
    """No requirement is asked for: the data are compared below."""
    return Matrix((), (), (), "")


@pytest.fixture
def small(tmp_path: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A small company, at an early instant of its life."""
    company = create(tmp_path, desk, seed=1, employees=EMPLOYEES, months=MONTHS)
    for name, value in company.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.setattr(releasing, "revision_of", lambda project: ("f" * 40, False))
    return company


def databases(company: Company, made: Release) -> Iterator[Path]:
    """The databases of a release."""
    store = open_store(Environment("dev", company.home))
    for name in ("muster.duckdb", "restricted.duckdb"):
        yield store.path(f"{made.key}/{name}")


def test_a_release_on_a_copy_equals_one_from_nothing(small: Company) -> None:
    builder = Builder(small)
    environment = Environment("dev", small.home)
    last = small.clock
    small.set_clock(small.go_live + (last - small.go_live) / 2 + timedelta(hours=9))
    small.ingest()
    early = release(environment, builder=builder, gate=proven)
    small.set_clock(last)
    small.ingest()
    on_a_copy = release(environment, builder=builder, gate=proven)
    from_nothing = release(environment, is_fresh=True, builder=builder, gate=proven)

    assert builder.has_built_on_what_was_there == [False, True, False]
    marts, _ = databases(small, early)
    query = "select count(*), sum(sessions) from working_time.fct_working_days"
    ((days_early, _),) = warehouse.rows(marts, query)
    pairs = zip(
        databases(small, on_a_copy), databases(small, from_nothing), strict=True
    )
    for left, right in pairs:
        assert warehouse.table_differences(left, right) == []
    marts, _ = databases(small, on_a_copy)
    ((days, _),) = warehouse.rows(marts, query)
    assert days > days_early > 100
