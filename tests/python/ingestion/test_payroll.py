"""Payroll: exact values from SQLite and PostgreSQL, cursors, faults, and restarts."""

import datetime as dt
import shutil
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import dlt
import pytest
import sqlalchemy as sa
from dlt.load.load import Load
from landing_kit import KilledError, Warehouse, after, before, interrupt
from store_kit import postgresql
from trial_kit import trials

from environment.errors import ConfigurationError, MusterError
from ingestion import log
from ingestion.destination import LogClient
from ingestion.ledger import Ledger
from ingestion.payroll import source
from ingestion.tally import Tally

START = dt.datetime(2024, 1, 31, 8)
SETTING = "SOURCES__PAYROLL__"

TABLES = """
create table pay_runs (id integer primary key, company varchar(140),
    period_start date, period_end date, paid_on date, currency varchar(3),
    status varchar(20), updated_at timestamp);
create table payslips (id integer primary key, pay_run_id integer,
    employee_number varchar(40), reversal_of integer, updated_at timestamp);
create table payslip_lines (id integer primary key, payslip_id integer,
    line_type varchar(20), description varchar(140), amount numeric(18, 2),
    hours numeric(9, 2), updated_at timestamp);
create table contracted_hours (id integer primary key, employee_number varchar(40),
    effective_from date, weekly_hours numeric(5, 2), updated_at timestamp);
"""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server for these tests alone."""
    with postgresql() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty payroll database, once of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'payroll.sqlite'}"
    else:
        url = request.getfixturevalue("postgres")
        execute(url, "drop schema public cascade; create schema public")
    execute(url, TABLES)
    return url


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'payroll.sqlite'}"
    execute(url, TABLES)
    return url


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tally]:
    """One run: `load(url, chunk_rows=..., is_reread=...)`."""

    def run(url: str, **settings: Any) -> Tally:
        options = {
            name: settings.pop(name)
            for name in ("is_reread", "since") & settings.keys()
        }
        monkeypatch.setenv(f"{SETTING}CREDENTIALS", url)
        for name, value in settings.items():
            monkeypatch.setenv(SETTING + name.upper(), str(value))
        return Warehouse(tmp_path).run(source, **options)

    return run


def execute(url: str, statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements.split(";"):
            if statement.strip():
                connection.execute(sa.text(statement))
    engine.dispose()


def insert(url: str, table: str, *rows: dict[str, Any]) -> None:
    engine = sa.create_engine(url)
    target = sa.Table(table, sa.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(target), list(rows))
    engine.dispose()


def hours(number: int, at: dt.datetime | None = START, **values: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "employee_number": f"E{number}",
        "effective_from": dt.date(2024, 1, 1),
        "weekly_hours": Decimal("38.50"),
        "updated_at": at,
    }
    return row | values


def line(number: int, amount: str, **values: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "payslip_id": 1,
        "line_type": "base",
        "description": "Salary",
        "amount": Decimal(amount),
        "hours": None,
        "updated_at": START,
    }
    return row | values


def completed(home: Path, table: str, columns: str) -> list[tuple[Any, ...]]:
    return Warehouse(home).loaded(f"raw_payroll.{table}", columns)


class Heard(threading.BoundedSemaphore):
    """By what dlt hears that a file is loaded, or looks again after a second."""

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Wait patiently, as a busy machine may be slow; never in vain."""
        is_heard = super().acquire(blocking, timeout and 20)
        assert is_heard
        return is_heard


def test_dlt_never_waits_in_vain(
    sqlite: str, load: Callable[..., Tally], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlt.load.load.BoundedSemaphore", Heard)
    insert(sqlite, "contracted_hours", hours(1))

    assert load(sqlite).counts["payroll", "contracted_hours"].loaded == 1


def test_values_are_exact_and_the_same_from_both_databases(
    url: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    amounts = ["0.10", "-1234567.89", "9999999999999.99", "0.07", "1500", "1e3"]
    insert(url, "payslip_lines", *[line(i, a) for i, a in enumerate(amounts)])
    insert(url, "payslip_lines", line(9, "2.50", hours=Decimal("160.25")))
    precise = START.replace(microsecond=123456)
    insert(
        url,
        "payslips",
        {
            "id": 1,
            "pay_run_id": 1,
            "employee_number": "E1 ",
            "reversal_of": None,
            "updated_at": precise,
        },
    )
    insert(
        url,
        "pay_runs",
        {
            "id": 1,
            "company": "Harbour Group GmbH",
            "period_start": dt.date(2024, 1, 1),
            "period_end": dt.date(2024, 1, 31),
            "paid_on": dt.date(2024, 1, 26),
            "currency": "EUR",
            "status": "paid",
            "updated_at": START,
        },
    )
    load(url)
    found = completed(tmp_path, "payslip_lines", "id, amount, hours, updated_at")
    assert found[:-1] == [(i, Decimal(a), None, START) for i, a in enumerate(amounts)]
    assert found[-1] == (9, Decimal("2.50"), Decimal("160.25"), START)
    assert completed(
        tmp_path, "payslips", "id, pay_run_id, employee_number, reversal_of, updated_at"
    ) == [(1, 1, "E1 ", None, precise)]
    assert completed(tmp_path, "pay_runs", "period_start, paid_on, currency") == [
        (dt.date(2024, 1, 1), dt.date(2024, 1, 26), "EUR")
    ]
    assert completed(tmp_path, "contracted_hours", "id") == []
    assert Warehouse(tmp_path).types("raw_payroll")["payslip_lines"] == {
        "id": "BIGINT",
        "payslip_id": "BIGINT",
        "line_type": "VARCHAR",
        "description": "VARCHAR",
        "amount": "DECIMAL(18,2)",
        "hours": "DECIMAL(9,2)",
        "updated_at": "TIMESTAMP",
    }


def test_a_second_run_loads_what_is_new_alone(
    url: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(url, "contracted_hours", *[hours(i) for i in range(10)])
    assert load(url, chunk_rows=3).total().loaded == 10
    again = load(url)
    assert again.total().loaded == 0
    assert again.counts["payroll", "contracted_hours"].already_known == 10
    assert ("payroll", "gone_rows") in again.counts
    insert(url, "contracted_hours", hours(10), hours(11, START + dt.timedelta(days=1)))
    assert load(url).total().loaded == 2
    assert len(completed(tmp_path, "contracted_hours", "id")) == 12


def test_a_changed_row_is_a_new_version(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(sqlite, "contracted_hours", hours(1))
    load(sqlite)
    execute(
        sqlite,
        "update contracted_hours set weekly_hours = 20,"
        " updated_at = '2024-02-01 00:00:00'",
    )
    load(sqlite)
    assert completed(tmp_path, "contracted_hours", "id, weekly_hours") == [
        (1, Decimal("20.00")),
        (1, Decimal("38.50")),
    ]


def test_what_was_committed_late_is_found_however_late(
    url: str, load: Callable[..., Tally]
) -> None:
    insert(url, "contracted_hours", hours(1), hours(2))
    load(url)
    insert(url, "contracted_hours", hours(3, START - dt.timedelta(days=900)))
    late = load(url)
    assert late.total().loaded == 1
    assert late.total().already_known == 2


def test_a_row_stamped_for_ever_hides_no_other_and_is_named(
    url: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    end = dt.datetime(9999, 12, 31)
    insert(url, "contracted_hours", hours(1, end), hours(2))
    note = (
        "payroll: 1 rows of contracted_hours are stamped later than the database's"
        " clock: 1"
    )
    assert load(url).notes == [note]
    insert(url, "contracted_hours", hours(3, START + dt.timedelta(days=30)))
    second = load(url)
    assert second.total().loaded == 1
    assert second.notes == [note]
    execute(
        url,
        "update contracted_hours set updated_at = '2024-02-02 00:00:00',"
        " weekly_hours = 20 where id = 1",
    )
    third = load(url)
    assert third.total().loaded == 1
    assert third.notes == []
    newest = (
        "select weekly_hours from raw_payroll.contracted_hours where id = 1"
        " order by _dlt_load_id desc limit 1"
    )
    assert Warehouse(tmp_path).query(newest) == [(Decimal("20.00"),)]
    assert load(url).total().loaded == 0


def test_rows_that_are_gone_are_told_until_they_are_back(
    url: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(url, "contracted_hours", *[hours(i) for i in range(9)])
    load(url)
    execute(url, "delete from contracted_hours where id in (3, 4)")
    assert load(url).notes == ["payroll: 2 rows of contracted_hours are gone: 3, 4"]
    assert load(url).total().loaded == 0
    insert(url, "contracted_hours", hours(3))
    assert load(url).counts["payroll", "contracted_hours"].loaded == 1
    assert load(url).total().loaded == 0
    gone = completed(tmp_path, "gone_rows", "table_name, id")
    assert gone == [("contracted_hours", 3), ("contracted_hours", 4)]


def test_rows_that_are_hidden_are_not_told_gone(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(sqlite, "contracted_hours", *[hours(i) for i in range(20)])
    load(sqlite)
    execute(sqlite, "delete from contracted_hours where id > 9")
    insert(sqlite, "contracted_hours", hours(30))
    with pytest.raises(MusterError, match="10 of 20 rows of contracted_hours"):
        load(sqlite)
    assert completed(tmp_path, "gone_rows", "id") == []
    assert len(completed(tmp_path, "contracted_hours", "id")) == 21
    load(sqlite, gone_share=1)
    assert len(completed(tmp_path, "gone_rows", "id")) == 10


def test_a_reading_anew_finds_what_no_version_tells_and_nothing_twice(
    url: str, load: Callable[..., Tally]
) -> None:
    insert(url, "contracted_hours", hours(1), hours(2, START + dt.timedelta(days=1)))
    load(url)
    execute(url, "update contracted_hours set weekly_hours = 12")
    assert load(url).total().loaded == 0
    since = START + dt.timedelta(hours=3)
    assert load(url, is_reread=True, since=since).total().loaded == 1
    assert load(url, is_reread=True).total().loaded == 1
    assert load(url, is_reread=True).total().loaded == 0


def test_few_changes_among_many_are_read_by_their_ids(
    url: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(url, "contracted_hours", *[hours(i) for i in range(500)])
    load(url, chunk_rows=7)
    execute(
        url,
        "update contracted_hours set updated_at = '2024-03-01 00:00:00'"
        " where id in (7, 70, 400)",
    )
    count = load(url).counts["payroll", "contracted_hours"]
    assert (count.delivered, count.loaded, count.already_known) == (500, 3, 497)


def test_a_reading_anew_does_not_hold_every_id(
    sqlite: str, load: Callable[..., Tally], monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(sqlite, "contracted_hours", *[hours(i) for i in range(30_000)])
    load(sqlite)
    peaks: list[int] = []
    original = source._Reading.compare

    def compare(*arguments: Any) -> None:
        tracemalloc.start()
        original(*arguments)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    monkeypatch.setattr(source._Reading, "compare", compare)
    assert load(sqlite, chunk_rows=1000, is_reread=True).total().loaded == 0
    assert max(peaks) < 2_000_000


def test_an_id_that_is_there_twice_is_loaded_once_a_change(
    sqlite: str, load: Callable[..., Tally]
) -> None:
    execute(
        sqlite,
        "drop table contracted_hours; create table contracted_hours (id integer,"
        " employee_number text, effective_from date, weekly_hours numeric,"
        " updated_at timestamp)",
    )
    twins = [hours(1, employee_number=each) for each in ("A", "B")]
    insert(sqlite, "contracted_hours", *twins, hours(2), hours(3), hours(4))
    assert load(sqlite).total().loaded == 4
    insert(sqlite, "contracted_hours", hours(1, START + dt.timedelta(days=1)))
    assert load(sqlite).total().loaded == 1
    assert load(sqlite).total().loaded == 0


def test_rows_without_a_cursor_are_rejected_not_skipped(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(sqlite, "contracted_hours", hours(1), hours(2, None))
    first = load(sqlite)
    insert(sqlite, "contracted_hours", hours(3, None))
    second = load(sqlite)
    assert first.counts["payroll", "contracted_hours"].rejected == 1
    assert second.counts["payroll", "contracted_hours"].rejected == 2
    rejected = Warehouse(tmp_path).query(
        "select file, column_name, reason from raw_ops.rejected_rows order by 1"
    )
    assert rejected == [
        ("contracted_hours 2", "updated_at", "updated_at is missing"),
        ("contracted_hours 3", "updated_at", "updated_at is missing"),
    ]


def test_values_that_do_not_fit_are_rejected_by_row(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(sqlite, "contracted_hours", hours(1))
    execute(
        sqlite,
        "insert into contracted_hours values"
        " (2, 'E2', '2024-02-30', 38.5, '2024-01-31 08:00:00'),"
        " (3, 'E3', '2024-02-01', 38.505, '2024-01-31 08:00:00'),"
        " (4, 'E4', '2024-02-01', 'full', '2024-01-31 08:00:00'),"
        " (5, 'E5', '2024-02-01', 40, 'yesterday'),"
        " (6, ' ', '2024-02-01', 40, '2024-01-31 08:00:00'),"
        " (7, 'E7', '2024-02-01', 40, '2024-01-31T08:00:00')",
    )
    tally = load(sqlite)
    assert [(f.file, f.column_name) for f in tally.faults] == [
        ("contracted_hours 2", "effective_from"),
        ("contracted_hours 3", "weekly_hours"),
        ("contracted_hours 4", "weekly_hours"),
        ("contracted_hours 5", "updated_at"),
        ("contracted_hours 6", "employee_number"),
    ]
    ids = completed(tmp_path, "contracted_hours", "id, updated_at")
    assert ids == [(1, START), (7, START)]


def test_a_time_zone_becomes_utc(
    postgres: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    execute(
        postgres,
        "drop schema public cascade; create schema public;"
        + TABLES.replace("updated_at timestamp", "updated_at timestamptz")
        + "insert into contracted_hours values"
        " (1, 'E1', '2024-01-01', 40, '2024-07-01 02:00:00+02')",
    )
    load(postgres)
    load(postgres)
    utc = dt.datetime(2024, 7, 1)
    assert completed(tmp_path, "contracted_hours", "updated_at") == [(utc,)]


def test_other_names_and_schemas_are_configuration(
    postgres: str, load: Callable[..., Tally]
) -> None:
    execute(
        postgres,
        "drop schema public cascade; create schema public;"
        " drop schema if exists pay cascade; create schema pay;"
        + TABLES.replace("create table ", "create table pay.")
        + "alter table pay.contracted_hours rename to agreed_hours;"
        " insert into pay.agreed_hours values"
        " (1, 'E1', '2024-01-01', 40, '2024-07-01 02:00:00')",
    )
    with pytest.raises(MusterError, match="lacks table pay_runs"):
        load(postgres)
    tally = load(postgres, schema="pay", tables__contracted_hours="agreed_hours")
    assert tally.counts["payroll", "contracted_hours"].loaded == 1


def test_a_missing_table_or_column_is_told_before_anything_is_loaded(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    execute(
        sqlite,
        "drop table pay_runs; alter table payslips drop column reversal_of",
    )
    with pytest.raises(MusterError, match="lacks") as raised:
        load(sqlite)
    assert "table pay_runs, column payslips.reversal_of" in str(raised.value)
    assert Warehouse(tmp_path).log.datasets() == []


def test_a_new_column_is_not_loaded_and_named_once(
    url: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(url, "contracted_hours", hours(1))
    load(url)
    for name in ('"50% ""off"""', "religion", '"ID "', "note"):
        execute(url, f"alter table contracted_hours add column {name} varchar(20)")
    insert(url, "contracted_hours", hours(2, note="part-time", religion="x"))
    assert load(url).notes == [
        "payroll.contracted_hours: not declared, not loaded:"
        ' 50% "off", religion, ID , note'
    ]
    assert not load(url).notes
    types = Warehouse(tmp_path).types("raw_payroll")["contracted_hours"]
    assert list(types) == [
        "id",
        "employee_number",
        "effective_from",
        "weekly_hours",
        "updated_at",
    ]


def test_a_column_is_found_by_its_exact_name_first(
    postgres: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    execute(
        postgres,
        "drop schema public cascade; create schema public;"
        + TABLES.replace("hours numeric(9, 2)", '"HOURS" numeric(9, 2)')
        + 'alter table payslip_lines add column "Amount" numeric;'
        " insert into payslip_lines values"
        " (1, 1, 'base', 'Salary', 10, 2, '2024-01-31 08:00:00', 99)",
    )
    load(postgres)
    found = completed(tmp_path, "payslip_lines", "amount, hours")
    assert found == [(Decimal("10.00"), Decimal("2.00"))]
    execute(postgres, 'alter table payslip_lines add column "Hours" numeric')
    with pytest.raises(MusterError, match=r"payslip_lines\.hours \(several names"):
        load(postgres)


def test_any_text_is_read_as_it_is(
    url: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    texts = ["", "null", "\\N", '"a,b"', "100 %", "é\n\t", None]
    lines = [line(i, "1.00", description=text) for i, text in enumerate(texts)]
    insert(url, "payslip_lines", *lines)
    load(url)
    assert completed(tmp_path, "payslip_lines", "id, description") == list(
        enumerate(texts)
    )
    assert load(url, is_reread=True).total().loaded == 0


def test_a_value_that_no_column_needs_costs_itself_alone(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    insert(sqlite, "payslip_lines", line(1, "1.00"))
    execute(sqlite, "update payslip_lines set hours = '1 h'")
    first, second = load(sqlite), load(sqlite)
    assert completed(tmp_path, "payslip_lines", "id, hours") == [(1, None)]
    assert [(f.file, f.column_name) for f in first.faults] == [
        ("payslip_lines 1", "hours")
    ]
    for tally in (first, second):
        assert tally.counts["payroll", "payslip_lines"].incomplete == 1


def test_a_database_that_fails_while_it_is_read_is_one_line(
    postgres: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    execute(
        postgres,
        "drop schema public cascade; create schema public;"
        + TABLES.replace("create table contracted_hours", "create table hours")
        + "create view contracted_hours as"
        " select id, employee_number, effective_from, updated_at,"
        " weekly_hours / (20000 - id) as weekly_hours from hours;"
        " insert into hours (id, weekly_hours) select generate_series(1, 30000), 1",
    )
    with pytest.raises(MusterError, match="division by zero") as raised:
        load(postgres)
    assert "\n" not in str(raised.value)
    assert completed(tmp_path, "contracted_hours", "id") == []


def test_a_database_out_of_reach_is_one_line_without_the_password(
    load: Callable[..., Tally], tmp_path: Path
) -> None:
    url = "postgresql+psycopg://reader:not-to-be-shown@127.0.0.1:9/payroll"
    with pytest.raises(MusterError, match=r"127\.0\.0\.1:9/payroll") as raised:
        load(url)
    text = str(raised.value)
    assert "not-to-be-shown" not in text
    assert "\n" not in text
    with pytest.raises(MusterError, match="there is no database"):
        load(f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize("url", ["payroll", "oracle://x", "nonsense://host/db"])
def test_a_url_that_cannot_be_used_is_wrong_configuration(
    url: str, load: Callable[..., Tally]
) -> None:
    with pytest.raises(ConfigurationError, match="payroll"):
        load(url)


STEPS: list[tuple[Any, str, Callable[..., bool], int]] = [
    (dlt.Pipeline, "extract", before, 1),
    (dlt.Pipeline, "extract", after, 1),
    (dlt.Pipeline, "normalize", after, 1),
    (Load, "complete_jobs", before, 2),
    (LogClient, "complete_load", before, 1),
    (log, "write_marker", before, 1),
    (log, "write_marker", after, 1),
    (LogClient, "_store_current_state", before, 1),
    (LogClient, "_store_current_state", after, 1),
    (dlt.Pipeline, "run", after, 1),
    (Ledger, "flush", before, 1),
    (Ledger, "flush", after, 1),
]


@pytest.mark.parametrize(
    ("owner", "name", "moment", "call", "is_lost"),
    [
        pytest.param(*step, is_lost, id=f"{step[2].__name__} {step[1]} {is_lost}")
        for number, step in enumerate(STEPS)
        for is_lost in trials([number % 2 == 1], nightly=[False, True])
    ],
)
def test_a_kill_leaves_the_same_rows_after_the_next_run(
    sqlite: str,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    moment: Callable[..., bool],
    call: int,
    is_lost: bool,
) -> None:
    warehouse = Warehouse(tmp_path)
    insert(sqlite, "contracted_hours", *[hours(i) for i in range(5)])
    monkeypatch.setenv("MUSTER_CLOCK", "2024-02-01T06:00:00Z")
    with monkeypatch.context() as patch:
        interrupt(patch, owner, name, moment, call)
        with pytest.raises(KilledError):
            load(sqlite)
    seen = completed(tmp_path, "contracted_hours", "id")
    known = warehouse.query("from raw_payroll._dlt_loads")
    assert [(i,) for i in range(5)] == seen if known else not seen
    if name == "complete_jobs":
        for path in warehouse.unmarked():
            path.write_bytes(path.read_bytes()[:-9])
    if is_lost:
        shutil.rmtree(warehouse.folder / "pipelines")
    insert(sqlite, "contracted_hours", hours(5, START + dt.timedelta(days=1)))
    monkeypatch.setenv("MUSTER_CLOCK", "2024-02-02T06:00:00Z")
    load(sqlite)
    ids = completed(tmp_path, "contracted_hours", "id")
    assert ids == [(i,) for i in range(6)]
    assert warehouse.query("from raw_payroll._dlt_loads")[: len(known)] == known
    assert warehouse.unmarked() == []
    assert warehouse.is_balanced()
    assert load(sqlite).total().loaded == 0


def test_a_load_that_cannot_be_completed_is_given_up_and_read_anew(
    sqlite: str,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    insert(sqlite, "contracted_hours", *[hours(i) for i in range(5)])
    with monkeypatch.context() as patch:
        interrupt(patch, dlt.Pipeline, "normalize", after)
        with pytest.raises(KilledError):
            load(sqlite)
    for path in (tmp_path / "dev" / "pipelines").rglob("*.parquet"):
        path.unlink()
    load(sqlite)
    ids = completed(tmp_path, "contracted_hours", "id")
    assert ids == [(i,) for i in range(5)]


def test_a_state_that_is_half_written_is_not_read(
    sqlite: str,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_text = Path.write_text

    def interrupted(path: Path, text: str, **options: Any) -> int:
        if "_dlt_pipeline_state" not in path.parts:
            return write_text(path, text, **options)
        write_text(path, text[:9], **options)
        raise KilledError

    insert(sqlite, "contracted_hours", hours(1))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", interrupted)
        with pytest.raises(KilledError):
            load(sqlite)
    shutil.rmtree(tmp_path / "dev" / "pipelines")
    insert(sqlite, "contracted_hours", hours(2))
    load(sqlite)
    assert completed(tmp_path, "contracted_hours", "id") == [(1,), (2,)]


def test_a_load_that_is_lost_is_read_again(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    raw = Warehouse(tmp_path).log
    insert(sqlite, "contracted_hours", hours(1), hours(2))
    load(sqlite)
    first = raw.ids("raw_payroll")
    insert(sqlite, "contracted_hours", hours(3, START + dt.timedelta(days=9)))
    load(sqlite)
    (last,) = raw.ids("raw_payroll") - first
    (raw.folder / f"raw_payroll/_dlt_loads/payroll__{last}.jsonl").unlink()
    assert completed(tmp_path, "contracted_hours", "id") == [(1,), (2,)]
    assert load(sqlite).total().loaded == 1
    assert completed(tmp_path, "contracted_hours", "id") == [(1,), (2,), (3,)]


def test_a_lost_log_is_filled_again(
    sqlite: str, load: Callable[..., Tally], tmp_path: Path
) -> None:
    old = START - dt.timedelta(days=9)
    insert(sqlite, "contracted_hours", hours(1, old), hours(2))
    load(sqlite)
    shutil.rmtree(Warehouse(tmp_path).log.folder)
    load(sqlite)
    assert completed(tmp_path, "contracted_hours", "id") == [(1,), (2,)]
