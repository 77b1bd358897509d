"""The ledger: the same seed tells the same story, and the story makes sense."""

import itertools
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from demo import ledger
from demo.facts import Ledger, Plan

Row = dict[str, Any]
SOON = timedelta(days=9)


@pytest.fixture(scope="module")
def simulated() -> Ledger:
    return ledger.simulate(Plan(seed=1, employees=300, months=24))


@pytest.fixture(scope="module")
def tables(simulated: Ledger) -> dict[str, list[Row]]:
    return {name: table.to_pylist() for name, table in ledger.tables(simulated).items()}


def test_the_same_seed_gives_the_same_ledger(simulated: Ledger) -> None:
    again = ledger.simulate(simulated.plan)
    assert ledger.tables(again) == ledger.tables(simulated)


def test_another_seed_gives_another_ledger(simulated: Ledger) -> None:
    other = ledger.tables(ledger.simulate(Plan(seed=2, employees=300, months=24)))
    assert other["employments"] != ledger.tables(simulated)["employments"]


def test_files_hold_the_tables(simulated: Ledger, tmp_path: Path) -> None:
    ledger.write(simulated, tmp_path)
    held = {path.stem for path in tmp_path.glob("*.parquet")}
    assert held == set(ledger.SCHEMAS)
    read = pa.parquet.read_table(tmp_path / "employments.parquet")
    assert read == ledger.tables(simulated)["employments"]


def test_most_have_an_education_and_some_have_none(
    tables: dict[str, list[Row]],
) -> None:
    levels = [row["education_level"] for row in tables["people"]]
    known = set(levels) - {None}
    assert known == {"Under Graduate", "Graduate", "Post Graduate"}
    assert 0 < levels.count(None) < len(levels) / 10


def test_nobody_is_employed_twice_at_once(tables: dict[str, list[Row]]) -> None:
    spells = defaultdict(list)
    for row in tables["employments"]:
        assert row["ended_on"] is None or row["ended_on"] >= row["started_on"]
        spells[row["person_id"]].append((row["started_on"], row["ended_on"]))
    for own in spells.values():
        own.sort(key=lambda spell: spell[0])
        for (_, ended_on), (started_on, _) in itertools.pairwise(own):
            assert ended_on is not None
            assert ended_on < started_on


def test_changes_lie_within_their_employment(tables: dict[str, list[Row]]) -> None:
    employments = {row["employment_id"]: row for row in tables["employments"]}
    seen = set()
    for row in tables["assignment_changes"]:
        employment = employments[row["employment_id"]]
        assert row["effective_on"] >= employment["started_on"]
        ends = employment["ended_on"]
        assert ends is None or row["effective_on"] < ends
        assert row["recorded_at"] > employment["recorded_at"]
        if row["retracted_at"] is None:
            key = (row["employment_id"], row["field"], row["effective_on"])
            assert key not in seen
            seen.add(key)


def test_the_true_changes_of_a_field_chain(tables: dict[str, list[Row]]) -> None:
    chains = defaultdict(list)
    for row in tables["assignment_changes"]:
        if row["retracted_at"] is None:
            chains[row["employment_id"], row["field"]].append(row)
    for chain in chains.values():
        chain.sort(key=lambda row: row["effective_on"])
        for earlier, later in itertools.pairwise(chain):
            if later["kind"] != "correction":
                assert later["old_value"] == earlier["new_value"]


def test_contracted_hours_are_unambiguous(tables: dict[str, list[Row]]) -> None:
    rows = tables["contracted_hours"]
    assert len({(row["employee_number"], row["effective_on"]) for row in rows}) == len(
        rows
    )


def test_part_of_a_department_strikes_on_working_days(
    simulated: Ledger, tables: dict[str, list[Row]]
) -> None:
    strikes = [row for row in tables["leaves"] if row["leave_type"] == "Strike"]
    spans = {(row["from_on"], row["to_on"]) for row in strikes}
    assert sorted((end - first).days + 1 for first, end in spans) == [1, 2]
    assert all(first.weekday() == 1 for first, _ in spans)
    heads = sum(
        e.state["department"] == "Production - HG" for e in simulated.employments
    )
    assert 10 < len(strikes) < heads
    for row in strikes:
        assert row["status"] == "Approved"
        assert not row["is_half_day"]
        assert row["to_on"] < row["recorded_at"].date() < row["to_on"] + SOON
        assert row["decided_at"] > row["recorded_at"]


def test_nobodys_leaves_overlap(tables: dict[str, list[Row]]) -> None:
    leaves = defaultdict(list)
    for row in tables["leaves"]:
        leaves[row["employment_id"]].append((row["from_on"], row["to_on"]))
    for own in leaves.values():
        for (_, last), (first, _) in itertools.pairwise(sorted(own)):
            assert last < first


def test_about_a_fifth_leaves_each_year(simulated: Ledger) -> None:
    plan = simulated.plan
    exits = sum(
        1
        for e in simulated.employments
        if e.ended_on is not None and plan.first_day <= e.ended_on < plan.last_day
    )
    assert 0.12 < exits / plan.employees / plan.years < 0.28


QUIRKS: dict[str, Callable[[Ledger], int]] = {
    "rehire": lambda w: sum(e.is_rehire for e in w.employments),
    "no-show": lambda w: sum(e.started_on == e.ended_on for e in w.employments),
    "entered by mistake": lambda w: sum(
        e.retracted_at is not None for e in w.employments
    ),
    "join recorded late": lambda w: sum(
        e.recorded_at // 86_400_000_000 > e.started_on > w.plan.first_day
        for e in w.employments
    ),
    "blank department": lambda w: sum(
        e.state["department"] is None for e in w.employments
    ),
    "amended": lambda w: sum(d.amended_from is not None for d in w.documents),
    "cancelled for good": lambda w: sum(
        d.cancelled_at is not None and d.deleted_at is None for d in w.documents
    ),
    "deleted": lambda w: sum(d.deleted_at is not None for d in w.documents),
    "draft never submitted": lambda w: sum(
        d.submitted_at is None and d.deleted_at is None for d in w.documents
    ),
    "new company, new id": lambda w: sum(
        d.new_id and "company" in d.details for d in w.documents
    ),
    "new company, same id": lambda w: sum(
        not d.new_id and "company" in d.details for d in w.documents
    ),
    "same company, new id": lambda w: sum(
        d.new_id and "company" not in d.details for d in w.documents
    ),
    "two fields at once": lambda w: sum(len(d.details) > 1 for d in w.documents),
    "entered ahead": lambda w: sum(
        d.entered_at // 86_400_000_000 < d.effective_on for d in w.documents
    ),
    "correction by hand": lambda w: len(w.corrections),
    "resignation withdrawn": lambda w: len(w.withdrawals),
    "undeclared gender": lambda w: sum(p.gender is None for p in w.people),
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_small_company_has_every_quirk(simulated: Ledger, quirk: str) -> None:
    assert QUIRKS[quirk](simulated) >= 1
