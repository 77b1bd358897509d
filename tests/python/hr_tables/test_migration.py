"""Who changes the HR system keeps its history: old exports, and then the new system."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dbt_kit
import oracle
import pytest
from acceptance import warehouse
from shapes import migration, truth
from shapes.home import Stranger, create

# The fixture builds a warehouse, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

Shared = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def migrated(
    shared: Shared, parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Stranger:
    """A company of which the old system's export and the new one's API are loaded."""
    desk = tmp_path_factory.mktemp("desk")
    for name in (dbt_kit.KEPT, "manifest.json"):
        shutil.copy(parsed / name, desk)

    def make(home: Path) -> None:
        company, whole = create(home, desk)
        company.say(migration.MAPPING)
        migration.export_before(whole, company.inboxes)
        migration.begin_again(home, whole)
        company.load(migration.MAPPING)
        company.ingest("frappe_hr")
        company.build_marts()

    return Stranger(shared("migrated", make), desk)


def test_headcount_is_the_ledgers_before_and_after(migrated: Stranger) -> None:
    expected = oracle.headcount(migrated.ledger, migrated.clock)
    found = warehouse.headcount(migrated.marts)
    people = {cell: row[0] for cell, row in expected.items()}

    assert min(cell.month for cell in expected) < migration.MOVED_ON
    assert (
        warehouse.disagreements(people, {c: row[0] for c, row in found.items()}) == []
    )


def test_movements_are_the_ledgers_before_and_after(migrated: Stranger) -> None:
    expected = oracle.movements(migrated.ledger, migrated.clock)
    found = warehouse.movements(migrated.marts)
    on_the_day = {cell for cell in expected if cell.month == migration.MOVED_ON}

    assert any(expected[cell]["transfers_in"] for cell in on_the_day)
    assert warehouse.disagreements(expected, found) == []


def test_nobody_is_two_people(migrated: Stranger) -> None:
    found = warehouse.rows(
        migrated.restricted,
        """
        select employee_number, count(distinct employee_key)
        from people.int_employees_conformed
        where employee_number is not null
        group by employee_number
        having count(distinct employee_key) > 1
        """,
    )

    assert found == []


def test_whoever_left_before_is_known_by_the_old_system_alone(
    migrated: Stranger,
) -> None:
    expected = {
        (migrated_number, ended_on)
        for migrated_number, ended_on in (
            (workforce.employee_numbers[each.person_id], each.ended_on)
            for workforce in [oracle.known(migrated.ledger, migrated.clock)]
            for each in workforce.employments
            if not each.is_empty()
        )
        if ended_on is not None and ended_on <= migration.MOVED_ON
    }
    found = warehouse.rows(
        migrated.restricted,
        f"""
        select distinct employees.employee_number, employments.ended_on
        from people.int_employments_conformed as employments
        inner join people.int_employees_conformed as employees using (employee_key)
        where employments.ended_on <= '{migration.MOVED_ON}'
        """,
    )

    assert expected
    assert set(found) == expected


def test_the_seam_is_what_the_ledger_says_of_the_day(migrated: Stranger) -> None:
    known = truth.read(migrated.ledger)
    eve = migration.MOVED_ON - timedelta(days=1)
    later = {stay.number: stay for stay in known.present(migration.MOVED_ON)}
    expected: set[tuple[str | None, ...]] = set()
    for stay in known.present(eve):
        if stay.number not in later:
            expected.add((stay.number, "only_before", None, None, None))
            continue
        old = migration.seated(migration.before(stay).jobs[-1]).fields
        new = later[stay.number].job(migration.MOVED_ON)
        for field in ("company", "department", "branch", "designation"):
            # Departments are told by their names, to which the HRIS adds the company.
            told = [(held[field] or "").split(" - ")[0] or None for held in (old, new)]
            if told[0] != told[1]:
                expected.add((stay.number, "differs", field, *told))
    found = warehouse.rows(
        migrated.restricted,
        """
        select employee_number, finding, field_name, told_before, told_after
        from quality.rpt_system_handovers
        inner join people.int_employees_conformed using (employee_key)
        where field_name is null or field_name not in ('fte', 'manager_employee_key')
        """,
    )

    assert {field for _, _, field, *_ in expected} >= {"department", "branch"}
    assert set(found) == expected
