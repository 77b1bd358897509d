"""Spark answers as DuckDB does: what macros give, and every table, column and row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_kit import dbt
from typer.testing import CliRunner

from acceptance.company import Company, create
from environment import Environment, set_inside
from environment.errors import MusterError
from environment.spark import TARGET, tables
from operations.cli import app

# Spark is not in the tests' lock: `make spark` brings it.
pytestmark = [pytest.mark.spark, pytest.mark.timeout(7200)]

EMPLOYEES, MONTHS = 60, 26
"""Of a year that is whole, with one before it."""

REPEATED = ("2024-10-27 02:30:00.250000", "2025-10-26 02:15:00.000000")
"""Times of day that are two instants where the HR system is."""

PARTS = ("hour", "minute", "second", "day", "week", "month", "quarter", "year")

INSTANTS = """
select
    cast(given.first_at as timestamp) as first_at,
    cast(given.last_at as timestamp) as last_at,
    given.time_zone
from (
    select '2025-10-26 02:30:00' as first_at, '2025-10-26 01:30:00.25' as last_at,
        'Europe/Berlin' as time_zone
    union all select '2025-10-26 02:00:00', '2025-11-03 00:00:00', 'Europe/Berlin'
    union all select '2025-10-26 01:59:59', '2024-02-29 23:59:59', 'Europe/Berlin'
    union all select '2025-10-26 03:00:00', '2026-01-04 00:00:00', 'Europe/Berlin'
    union all select '2026-03-29 02:30:00', '2026-01-05 00:00:00', 'Europe/Berlin'
    union all select '2025-11-02 01:15:00.5', '2025-12-31 23:00:00', 'America/New_York'
    union all select '2026-04-05 01:45:00', '2025-01-31 12:00:00', 'Australia/Lord_Howe'
    union all select '2026-04-05 01:15:00', '2025-02-28 12:00:00', 'Australia/Lord_Howe'
    union all select '2026-04-05 02:00:00', '2023-12-31 00:00:01', 'Australia/Lord_Howe'
    union all select '2026-05-31 00:00:00', '2026-06-30 00:00:00', 'Asia/Kolkata'
    union all select null, '2026-06-30 00:00:00', 'UTC'
) as given
"""
"""Clocks that repeat an hour, or half of one, or skip it; ends of weeks and months."""

ANSWERS = [
    "{{ to_utc('first_at', 'time_zone') }}",
    "{{ to_local('first_at', 'time_zone') }}",
    "{{ iso_weekday('cast(first_at as date)') }}",
    "{{ weekdays_before('cast(last_at as date)') }}",
    "cast({{ dbt.last_day('last_at', 'month') }} as date)",
    "{{ dbt.split_part(\"'a.b|c'\", \"'.'\", 2) }}",
    "{{ surrogate_key(['first_at', 'time_zone']) }}",
    *(
        answer.replace("PART", part)
        for part in PARTS
        for answer in (
            "cast({{ dbt.dateadd('PART', -3, 'first_at') }} as timestamp)",
            "cast({{ dbt.date_trunc('PART', 'last_at') }} as timestamp)",
            "{{ dbt.datediff('first_at', 'last_at', 'PART') }}",
            "{{ dbt.datediff('last_at', 'first_at', 'PART') }}",
        )
        # Engines have other bounds of weeks, and no model counts them.
        if part != "week" or "datediff" not in answer
    ),
]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Any]:
    """A session of Spark without a load; there is one at a time in a process."""
    from operations.build.inside import spark

    home = tmp_path / "empty"
    (home / "dev").mkdir(parents=True)
    with spark.session(Environment("dev", home, TARGET)) as found:
        yield found


def test_macros_answer_as_on_duckdb(session: Any, tmp_path: Path) -> None:
    answers = ", ".join(f"{sql} as answer_{i}" for i, sql in enumerate(ANSWERS))
    query = f"select {answers} from ({INSTANTS}) as instants"
    compiled = {
        target: dbt(["compile", "--inline", query], tmp_path / target, target)
        .results[0]
        .node.compiled_code
        for target in ("dev", TARGET)
    }
    with duckdb.connect() as connection:
        expected = connection.execute(compiled["dev"]).fetchall()
    found = [tuple(row) for row in session.sql(compiled[TARGET]).collect()]
    for position, sql in enumerate(ANSWERS):
        column = [[row[position] for row in rows] for rows in (found, expected)]
        assert sorted(map(str, column[0])) == sorted(map(str, column[1])), sql


def test_files_are_read_by_their_names_whatever_their_folder_is_called(
    session: Any, tmp_path: Path
) -> None:
    from operations.build.inside import spark

    folder = tmp_path / "a{b,c} [d]*`e"
    folder.mkdir()
    with duckdb.connect() as connection:
        for number in range(3):
            path = str(folder / f"{number}.parquet")
            connection.sql(f"select {number} as number").write_parquet(path)
    rows = spark._files(folder, ["0.parquet", "2.parquet"])
    found = session.sql(f"select number{rows} order by number").collect()
    assert [row.number for row in found] == [0, 2]


def test_a_session_that_is_open_is_not_taken_up(session: Any, tmp_path: Path) -> None:
    from operations.build.inside import spark

    with (
        pytest.raises(MusterError, match="another process"),
        spark.session(Environment("dev", tmp_path / "empty", TARGET)),
    ):
        pass


def muster(*arguments: str) -> str:
    """Run a command of muster, and give what it says."""
    done = CliRunner().invoke(app, [*arguments, "--env", "dev"])
    assert done.exit_code == 0, done.output
    return done.output


def work_in(night: str, hris: Path) -> None:
    """Let the HR system's last changes before a night be entered in it."""
    changed = (
        "update versions set modified = ?1, data = json_set("
        " data, '$.creation', ?1, '$.modified', ?1) where rowid in (select rowid"
        " from versions where doctype = ?2 and modified < ?1"
        " and valid_to = (select max(valid_to) from versions)"
        " order by modified desc limit 2)"
    )
    with closing(sqlite3.connect(hris)) as store, store:
        for doctype in ("Employee", "Employee Promotion", "Employee Transfer"):
            assert store.execute(changed, [night, doctype]).rowcount == 2


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, desk: Path) -> Company:
    """A small company, of whom something was known half a year before the rest.

    Some worked on its HR system in the hour that clocks repeat in autumn, and its
    applicant tracking delivers a column that it did not have before.
    """
    home = tmp_path_factory.mktemp("company")
    made = create(home, desk, seed=1, employees=EMPLOYEES, months=MONTHS)
    for night in REPEATED:
        work_in(night, home / "demo" / "hris.sqlite")
    last = made.clock
    made.set_clock(last - timedelta(days=180))
    made.ingest()
    made.set_clock(last)
    made.ingest()
    return made


@pytest.mark.parametrize("days", [None, 100])
def test_every_table_is_that_of_files(company: Company, days: int | None) -> None:
    as_at = [f"--as-at={company.clock - timedelta(days=days)}"] if days else []
    with set_inside(**company.variables()):
        muster("build", *as_at)
        muster("build", "--target", TARGET, *as_at)
        assert "Nothing changed" in muster("build", "--target", TARGET, *as_at)
        told = muster("compare", "--target", TARGET)
    assert "Equal in every row: " in told
    built = Environment("dev", company.home, TARGET)
    # What few may read is in schemas that say so, below a folder of its owner's alone.
    assert {"restricted_people.int_people_linked", "published.headcount"} & {
        *tables(built)
    }
    assert built.made.stat().st_mode & 0o077 == 0
