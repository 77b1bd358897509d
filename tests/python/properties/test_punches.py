"""Punches that come in any loads are paired as if all had come at once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REPOSITORY = Path(__file__).resolve().parents[3]
MODEL = "int_punches_paired"
TABLE = f"restricted.working_time.{MODEL}"
FIRST = datetime(2026, 3, 2)
LOADS = 3

PARENTS = """
    create table restricted.staging_attendance.stg_attendance__deliveries (
        event_id text, attendance_user_id text, device_id text, file_sha256 text,
        load_id text, direction text, file_name text, device_offset_minutes bigint,
        file_line bigint, is_clock_ahead boolean, device_at timestamp,
        arrived_at timestamp
    );
    create table restricted.people.int_employees_conformed (
        employee_key text, attendance_device_id text
    );
    create table restricted.people.int_employee_history_derived (
        employee_key text, company_id text, branch_id text,
        effective_from date, effective_to date
    );
    create table restricted.people.int_locations_resolved as
    select *
    from (
        values ('C', 'Berlin', 'Europe/Berlin'), ('C', 'New York', 'America/New_York')
    ) as places (company_id, branch_id, time_zone);
    create table restricted.staging_frappe_hr.stg_frappe_hr__system_settings as
    select 'Europe/London' as time_zone;
"""


class Delivery(NamedTuple):
    """A line of a file: the punch may have come before, and may say something else."""

    event_id: str
    user_id: str
    load: int
    direction: str
    is_clock_ahead: bool
    hours: float
    late_hours: int


class Place(NamedTuple):
    """Who has the app's user id, and from which day they are in New York."""

    user_id: str
    people: int
    moves_after_days: int


class Pairing(NamedTuple):
    """The model's SQL on all that is known, and on what is new beside that."""

    whole: str
    on_what_was_there: str


USERS = st.sampled_from(["u", "v"])
DELIVERIES = st.lists(
    st.builds(
        Delivery,
        event_id=st.integers(0, 11).map(lambda number: f"e{number:02}"),
        user_id=USERS,
        load=st.integers(0, LOADS - 1),
        direction=st.sampled_from(["IN", "OUT", "IN", "OUT", "BREAK"]),
        is_clock_ahead=st.booleans(),
        hours=st.integers(0, 4 * 96).map(lambda quarters: quarters / 4),
        late_hours=st.integers(0, 60),
    ),
    min_size=2,
    max_size=25,
)
PLACES = st.lists(
    st.builds(
        Place,
        user_id=USERS,
        people=st.sampled_from([0, 1, 1, 2]),
        moves_after_days=st.integers(0, 6),
    ),
    unique_by=lambda place: place.user_id,
    max_size=2,
)


@pytest.fixture(scope="session")
def pairing(tmp_path_factory: pytest.TempPathFactory) -> Pairing:
    """The model, compiled where it was never built and where it was."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    home = root / "pairing"
    with FileLock(f"{home}.lock"):
        if not (home / "made").exists():
            shutil.rmtree(home, ignore_errors=True)
            (home / "ci").mkdir(parents=True)
            compile_to(home / "whole.sql", home)
            with duckdb.connect(str(home / "ci" / "restricted.duckdb")) as database:
                database.execute(
                    "create schema if not exists working_time;"
                    f"create table working_time.{MODEL} (event_id text)"
                )
            compile_to(home / "on_what_was_there.sql", home)
            (home / "made").touch()
    whole = (home / "whole.sql").read_text()
    on_what_was_there = (home / "on_what_was_there.sql").read_text()
    assert "stored" in on_what_was_there
    assert "stored" not in whole
    return Pairing(whole, on_what_was_there)


def compile_to(path: Path, home: Path) -> None:
    """Compile the model as it is to be built in a home."""
    target = home / "target"
    done = subprocess.run(  # noqa: S603 - our own command
        [
            *(str(Path(sys.executable).with_name("dbt")), "compile"),
            *("--select", MODEL, "--target", "ci", "--quiet"),
            *("--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY)),
            *("--target-path", str(target), "--log-path", str(home)),
        ],
        env=os.environ | {"MUSTER_HOME": str(home), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (compiled,) = (target / "compiled").rglob(f"{MODEL}.sql")
    shutil.copyfile(compiled, path)


def warehouse() -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables that the model reads, empty."""
    database = duckdb.connect(config={"threads": 1})
    database.execute("set TimeZone = 'UTC'; attach ':memory:' as restricted")
    for schema in ("staging_attendance", "staging_frappe_hr", "people", "working_time"):
        database.execute(f"create schema restricted.{schema}")
    database.execute(PARENTS)
    return database


def load(
    database: duckdb.DuckDBPyConnection, number: int, deliveries: Sequence[Delivery]
) -> None:
    """Make the deliveries of a load known."""
    for line, each in enumerate(deliveries):
        if each.load == number:
            device_at = FIRST + timedelta(hours=each.hours)
            database.execute(
                "insert into restricted.staging_attendance.stg_attendance__deliveries"
                " values (?, ?, null, 'f', ?, ?, null, null, ?, ?, ?, ?)",
                [
                    *(each.event_id, each.user_id, f"L{number}", each.direction),
                    *(line, each.is_clock_ahead, device_at),
                    device_at + timedelta(hours=each.late_hours),
                ],
            )


def place(database: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> None:
    """Say anew who has which user id, and where they are."""
    database.execute(
        "delete from restricted.people.int_employees_conformed;"
        "delete from restricted.people.int_employee_history_derived"
    )
    for each in places:
        moved_on = (FIRST + timedelta(days=each.moves_after_days)).date()
        for number in range(each.people):
            database.execute(
                "insert into restricted.people.int_employees_conformed values (?, ?)",
                [f"{each.user_id}{number}", each.user_id],
            )
        database.execute(
            "insert into restricted.people.int_employee_history_derived values"
            " ($key, 'C', 'Berlin', date '2026-03-01', $moved_on),"
            " ($key, 'C', 'New York', $moved_on, date '2026-03-09')",
            {"key": f"{each.user_id}0", "moved_on": moved_on},
        )


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deliveries=DELIVERIES, before=PLACES, after=PLACES)
def test_punches_in_any_loads_are_paired_as_in_one(
    pairing: Pairing,
    deliveries: list[Delivery],
    before: list[Place],
    after: list[Place],
) -> None:
    with warehouse() as database:
        place(database, before)
        load(database, 0, deliveries)
        database.execute(f"create table {TABLE} as {pairing.whole}")
        for number in range(1, LOADS):
            load(database, number, deliveries)
            if number == LOADS - 1:
                place(database, after)
            # As dbt's `delete+insert` does.
            database.execute(
                f"create or replace temp table new as {pairing.on_what_was_there};"
                f"delete from {TABLE} where event_id in (select event_id from new);"
                f"insert into {TABLE} by name from new"
            )
        found = database.execute(f"from {TABLE} order by event_id").fetchall()
        expected = database.execute(
            f"from ({pairing.whole}) order by event_id"
        ).fetchall()

    assert found == expected
