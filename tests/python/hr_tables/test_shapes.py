"""Whatever shape an export has, what it can tell is the ledger's truth in the marts.

All exports are of one company, each by numbers of its own, and are loaded into one home
that is built once. What each can tell is written down in `shapes.told`.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import dbt_kit
import pytest
from acceptance import warehouse
from oracle.employment import FULL_TIME_HOURS, Workforce
from shapes import told, truth
from shapes.export import EXPORTERS, LAST_DAY, PAY_MONTHS, database, export, paid_in
from shapes.home import MAPPINGS, Stranger, create
from shapes.told import LIMITS, Head, Move
from shapes.truth import LAST_MONTH, Stay, Truth

from ingestion.hr_tables import mapping

# The fixture builds a warehouse, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

NAMES = sorted(LIMITS)
WITH_MOVES = [name for name in NAMES if LIMITS[name].has_moves]
WITHOUT_EXITS = [name for name in NAMES if LIMITS[name].exits == "unknown"]
WITH_EXITS = [name for name in NAMES if name not in WITHOUT_EXITS]
WITH_TURNOVER = [name for name in WITH_MOVES if name != "payments"]
WITH_SEX = [name for name in NAMES if LIMITS[name].has_sex]
WITH_HOURS = [name for name in NAMES if LIMITS[name].has_hours]

Shared = Callable[[str, Callable[[Path], None]], Path]


class Built(NamedTuple):
    """The home of all exports, and the truth that they are of."""

    company: Stranger
    truth: Truth

    def told(self, name: str) -> list[Stay]:
        """The employments as the export of a mapping tells them."""
        return told.told(self.truth, name)

    def rows(self, query: str, name: str) -> list[tuple[Any, ...]]:
        """The rows of a query on `people`, those of one mapping by employee key."""
        people = f"""
            with people as (
                select distinct employee_key, employee_number
                from restricted.people.int_employees_conformed
                where employee_number like '{LIMITS[name].code}%'
            )
        """
        return warehouse.rows(
            self.company.marts, people + query, restricted=self.company.restricted
        )


@pytest.fixture(scope="session")
def built(
    shared: Shared, parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Built:
    """All exports, loaded into one home and built."""
    desk = tmp_path_factory.mktemp("desk")
    for name in (dbt_kit.KEPT, "manifest.json"):
        shutil.copy(parsed / name, desk)

    def make(home: Path) -> None:
        company, whole = create(home, desk)
        company.say(*NAMES)
        export(whole, company.inboxes)
        code = LIMITS["database"].code
        database(whole, company.database, code)
        company.load(*NAMES)
        company.build_marts()

    company = Stranger(shared("shapes", make), desk)
    return Built(company, truth.read(company.ledger))


def heads_found(built: Built, name: str) -> dict[tuple[str, date], Head]:
    """Everybody at the closes of months in the marts, by number and month."""
    found = built.rows(
        """
        select people.employee_number, month_start_on, department, designation
        from core.fct_headcount_monthly
        inner join people using (employee_key)
        """,
        name,
    )
    heads = {(row[0], row[1]): Head(*row[2:]) for row in found}
    assert len(heads) == len(found), "somebody is twice at the close of a month"
    return heads


def comparable(
    expected: dict[tuple[str, date], Head], found: dict[tuple[str, date], Head]
) -> dict[tuple[str, date], Head]:
    """What was found, without the months and cells that the export cannot tell."""
    months = {month for _, month in expected}
    return {
        key: head if expected.get(key, head).department else Head(None, None)
        for key, head in found.items()
        if key[1] in months
    }


def moves_found(built: Built, name: str) -> Counter[Move]:
    """The hires, rehires and exits in the marts, of months that can be compared."""
    limits = LIMITS[name]
    found = built.rows(
        """
        select people.employee_number, month_start_on, movement_type, exit_kind
        from core.fct_employee_movements
        inner join people using (employee_key)
        where movement_type <> 'transfer'
        """,
        name,
    )
    moves: Counter[Move] = Counter()
    for number, month, kind, exit_kind in found:
        if limits.moved_from <= month <= LAST_MONTH:
            why = exit_kind if limits.has_kind else None
            moves[Move(number, month, kind, why)] += 1
    return moves


@pytest.mark.parametrize("name", [*NAMES, "former"])
def test_a_mapping_is_one_that_a_person_could_have_written(name: str) -> None:
    read = mapping.read(MAPPINGS / f"{name}.yml")

    assert read.tables
    assert "say:" in (MAPPINGS / f"{name}.yml").read_text()


def test_each_shape_of_the_contract_is_exported() -> None:
    mappings = [mapping.read(MAPPINGS / f"{name}.yml") for name in NAMES]
    shapes = {table.shape for each in mappings for table in each.tables.values()}

    assert shapes == set(mapping.SHAPES)
    assert {*EXPORTERS, "database"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_headcount_is_the_ledgers_by_department_and_title(
    built: Built, name: str
) -> None:
    expected = told.heads(built.told(name), LIMITS[name])
    found = comparable(expected, heads_found(built, name))

    assert len(expected) > 50
    assert warehouse.disagreements(expected, found) == []


@pytest.mark.parametrize("name", WITH_EXITS)
def test_movements_are_the_ledgers(built: Built, name: str) -> None:
    expected = told.moves(built.told(name), LIMITS[name])

    assert {move.kind for move in expected} == {"hire", "rehire", "exit"}
    assert warehouse.disagreements(expected, moves_found(built, name)) == []


@pytest.mark.parametrize("name", WITH_EXITS)
def test_every_year_closes_with_who_opened_it_came_and_left(
    built: Built, name: str
) -> None:
    expected = list(told.identities(built.told(name), LIMITS[name]))
    heads = Counter(month for _, month in heads_found(built, name))
    found = list(told.yearly(heads, moves_found(built, name), LIMITS[name]))

    assert found == expected
    for opening, hires, rehires, exits, closing in found:
        assert opening + hires + rehires - exits == closing


@pytest.mark.parametrize("name", WITH_MOVES)
def test_transfers_are_the_ledgers(built: Built, name: str) -> None:
    limits = LIMITS[name]
    found = built.rows(
        """
        select people.employee_number, month_start_on
        from core.fct_employee_movements
        inner join people using (employee_key)
        where movement_type = 'transfer'
            and (from_department <> to_department
                or from_designation <> to_designation)
        """,
        name,
    )
    expected = told.transfers(built.told(name))
    moved = Counter(row for row in found if limits.moved_from <= row[1] <= LAST_MONTH)

    assert expected
    assert warehouse.disagreements(expected, moved) == []


@pytest.mark.parametrize("name", WITH_TURNOVER)
def test_turnover_of_a_department_is_the_ledgers(built: Built, name: str) -> None:
    limits = LIMITS[name]
    expected = told.turnover(built.told(name), limits)
    found = {
        row[0]: row[1:]
        for row in warehouse.rows(
            built.company.marts,
            f"""
            select
                department, headcount_mean, exits, exits_voluntary, turnover_pct
            from people.rpt_turnover_monthly
            where month_start_on = '{LAST_MONTH}'
                and department like '% {limits.code}'
                and region = 'All' and designation = 'All'
            """,
        )
    }

    assert sum(turnover.exits for turnover in expected.values()) > 5
    assert found.keys() == expected.keys()
    for department, turnover in expected.items():
        mean, exits, voluntary, percent = found[department]
        assert mean == pytest.approx(turnover.headcount_mean), department
        assert exits == turnover.exits, department
        assert voluntary == (turnover.exits_voluntary if limits.has_kind else 0)
        if turnover.headcount_mean:
            share = 100 * turnover.exits / turnover.headcount_mean
            assert percent == pytest.approx(share), department


@pytest.mark.parametrize("name", WITHOUT_EXITS)
def test_who_is_asked_once_knows_of_no_exit_and_of_no_turnover(
    built: Built, name: str
) -> None:
    limits = LIMITS[name]
    found = built.rows(
        """
        select people.employee_number
        from core.fct_employee_movements
        inner join people using (employee_key)
        where movement_type = 'exit'
        """,
        name,
    )
    reasons = warehouse.rows(
        built.company.marts,
        f"""
        select distinct turnover_pct, null_reason is not null
        from people.rpt_turnover_monthly
        where department like '% {limits.code}'
        """,
    )

    assert found == []
    assert reasons in ([], [(None, True)])


@pytest.mark.parametrize("name", ["today", "leavers", "german", "history"])
def test_everybody_was_hired_on_the_day_that_the_export_says(
    built: Built, name: str
) -> None:
    expected = {
        stay.number: stay.started_on
        for stay in built.told(name)
        if stay.contains(LAST_DAY)
    }
    found = built.rows(
        f"""
        select people.employee_number, employments.started_on
        from restricted.people.int_employments_conformed as employments
        inner join people using (employee_key)
        where employments.started_on <= '{LAST_DAY}'
            and employments.ended_on > '{LAST_DAY}'
        """,
        name,
    )

    assert warehouse.disagreements(expected, dict(found)) == []


@pytest.mark.parametrize("name", NAMES)
def test_people_by_sex_are_the_ledgers(built: Built, name: str) -> None:
    numbers = {stay.number for stay in built.told(name)}
    found = {
        number: sex
        for number, sex in built.rows(
            """
            select people.employee_number, conformed.sex
            from restricted.people.int_employees_conformed as conformed
            inner join people using (employee_key)
            """,
            name,
        )
        if number in numbers
    }
    own = {person.number: str(person.sex) for person in built.truth.people.values()}
    expected = {number: own[number[2:]] for number in numbers}

    assert found.keys() == numbers
    if name in WITH_SEX:
        assert set(found.values()) == {"female", "male", "other", "undeclared"}
        assert warehouse.disagreements(expected, found) == []
    else:
        assert set(found.values()) <= {None, "undeclared"}


def fte(workforce: Workforce, stay: Stay, day: date) -> Decimal:
    """Somebody's full-time equivalent; who has no place is in Germany."""
    branch = stay.job(day)["branch"]
    country = workforce.branch_countries.get(branch or "", "DE")
    hours = stay.weekly_hours(day)
    full = FULL_TIME_HOURS[country]
    share = Decimal(1) if hours is None else Decimal(hours) / full
    return round(share, 4)


@pytest.mark.parametrize("name", WITH_HOURS)
def test_full_time_equivalents_are_the_ledgers(built: Built, name: str) -> None:
    days = LIMITS[name].cells or tuple(truth.month_ends(truth.FIRST_MONTH, LAST_MONTH))
    expected = {
        (stay.number, day.replace(day=1)): fte(built.truth.workforce, stay, day)
        for day in days
        for stay in built.told(name)
        if stay.contains(day)
    }
    found = built.rows(
        """
        select people.employee_number, month_start_on, fte
        from core.fct_headcount_monthly
        inner join people using (employee_key)
        """,
        name,
    )
    months = {day.replace(day=1) for day in days}
    shares = {(row[0], row[1]): round(row[2], 4) for row in found if row[1] in months}

    assert len(set(expected.values())) > 3
    assert warehouse.disagreements(expected, shares) == []


@pytest.mark.parametrize("name", ["history", "database"])
def test_pay_rates_are_those_of_the_export(built: Built, name: str) -> None:
    expected = told.pay_rates(built.told(name), LAST_DAY)
    found = built.company.contract(
        f"""
        select person_id, pay_rate, pay_period
        from pay_rates
        where source_name = '{name}' and effective_from <= '{LAST_DAY}'
            and coalesce(effective_to > '{LAST_DAY}', true)
        """
    )

    assert {row[2] for row in found} == {"year"}
    assert warehouse.disagreements(expected, {row[0]: row[1] for row in found}) == []


def test_pay_lines_add_up_to_what_was_paid(built: Built) -> None:
    code = LIMITS["payments"].code
    expected: Counter[tuple[date, str, str, str]] = Counter()
    for day in PAY_MONTHS:
        for own, lines in paid_in(built.truth, day).items():
            for line in lines:
                key = (day, f"{code}{own}", line.line_type, line.currency)
                expected[key] += line.amount
    found = built.company.contract(
        """
        select paid_to, person_id, line_type, line_currency, sum(line_amount)
        from pay_lines
        where source_name = 'payments'
        group by all
        """
    )
    sums: dict[tuple[Any, ...], Any] = {row[:4]: row[4] for row in found}

    assert len(expected) > 1000
    assert warehouse.disagreements(dict(expected), sums) == []


def test_only_the_sums_of_the_german_list_are_refused(built: Built) -> None:
    found = built.company.contract(
        "select source_name, fault, count(*) from faults group by all"
    )

    assert found == [("german", "refused_row", 2)]
