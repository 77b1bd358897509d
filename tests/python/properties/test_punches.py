"""Whatever changes between builds, punches are paired as if all had come at once."""

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from dbt_kit import dbt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trial_kit import trials

STAYS, CHANGED, SESSIONS, DUE, DAYS = MODELS = (
    "int_attendance_stays_derived",
    "int_punches_changed",
    "int_sessions_paired",
    "int_working_days_due",
    "fct_working_days",
)
WORKING_TIME = "restricted.working_time"
INPUTS = f"{WORKING_TIME}.int_inputs_paired"
TABLES = {model: f"{WORKING_TIME}.{model}" for model in MODELS}
TABLES[DAYS] = f"muster.working_time.{DAYS}"
INPUTS_MADE = f"""
    create schema if not exists {WORKING_TIME};
    create schema if not exists muster.working_time;
    create table {INPUTS} (
        input_kind text, input_id text, employee_key text, time_zone text,
        decides_from timestamp, taken_by text
    );
"""
GIVEN = f"ref('int_inputs_paired'), ref('{CHANGED}')"
HOOKS = {
    "remove sessions": (
        f"remove_days(ref('{SESSIONS}'), 'attendance_user_id', 'device_on',"
        f" ref('{CHANGED}'), ref('{CHANGED}'), true)"
    ),
    "forget sessions": f"forget_inputs({GIVEN}, 'sessions')",
    "list sessions": f"list_inputs({GIVEN}, 'sessions')",
    "list days begun": f"list_inputs({GIVEN}, 'days begun')",
    "remove days": (
        f"remove_days(ref('{DAYS}'), 'employee_key', 'worked_on',"
        f" ref('{DUE}'), ref('{CHANGED}'), true)"
    ),
    "forget days": f"forget_inputs({GIVEN}, 'days')",
    "list days": f"list_inputs({GIVEN}, 'days')",
}
WHOLE = 9
"""More than the steps of a build."""

FIRST = datetime(2026, 3, 2)
LOADS = 3

PARENTS = """
    create table restricted.staging_attendance.stg_attendance__deliveries (
        event_id text, attendance_user_id text, device_id text, file_sha256 text,
        load_id text, direction text, file_name text, device_offset_minutes bigint,
        file_line bigint, is_clock_ahead boolean, device_at timestamp,
        arrived_at timestamp
    );
    create table restricted.people.int_identifiers_held (
        employee_key text, identifier_kind text, identifier text,
        held_from date, held_to date
    );
    create table restricted.people.int_employee_history_derived (
        employee_key text, company_id text, branch_id text,
        effective_from date, effective_to date, source_name text default 'frappe_hr'
    );
    create table restricted.staging_ops.stg_ops__loads (
        load_id text, source_name text
    );
    create table restricted.people.int_locations_resolved as
    select *
    from (
        values ('C', 'Berlin', 'Europe/Berlin'), ('C', 'New York', 'America/New_York')
    ) as places (company_id, branch_id, time_zone);
    create table restricted.people.int_sites_conformed as
    select 1 as source_rank, 'frappe_hr' as source_name, 'Europe/London' as time_zone;
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
    """How many have the app's user id, and when the first goes to New York.

    On that day it is handed on to the second, if there is one; they share it for a day.
    """

    user_id: str
    people: int
    moves_after_days: int


class Step(NamedTuple):
    """What is true at a build: who is where, what is known; after how much it dies."""

    places: list[Place]
    loads: set[int]
    done: int


class Pairing(NamedTuple):
    """The SQL of models from nothing and on what was there, and that of hooks."""

    whole: dict[str, str]
    changed: dict[str, str]
    hooks: dict[str, str]


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
STEPS = st.lists(
    st.builds(
        Step,
        places=PLACES,
        # Mostly what comes is new; with an earlier `as_at` less is known than was.
        loads=st.sampled_from([{0}, {0, 1}, {0, 1, 2}, {0, 1, 2}, {0, 2}]),
        done=st.sampled_from([WHOLE, WHOLE, 0, 1, 2, 3]),
    ),
    min_size=2,
    max_size=5,
)


@pytest.fixture(scope="session")
def pairing(
    shared: Callable[[str, Callable[[Path], None]], Path], parsed: Path
) -> Pairing:
    """The models, compiled where they were never built and where they were."""

    def make(home: Path) -> None:
        (home / "ci").mkdir()
        whole = compiled(parsed, home, home / "whole")
        stub(home, rules_of(whole[CHANGED]))
        compiled(parsed, home, home / "changed")
        for number, hook in enumerate(HOOKS.values()):
            inline = ["compile", "--inline", f"{{{{ {hook} }}}}"]
            (found,) = run(parsed, home, inline).results
            (home / f"hook_{number}.sql").write_text(found.node.compiled_code)

    home = shared("pairing", make)
    pairing = Pairing(
        read(home / "whole"),
        read(home / "changed"),
        {name: (home / f"hook_{n}.sql").read_text() for n, name in enumerate(HOOKS)},
    )
    for model in (CHANGED, SESSIONS, DAYS):
        assert pairing.whole[model] != pairing.changed[model]
    return pairing


def rules_of(sql: str) -> str:
    """The key of the rules, as the model that compares it has it."""
    (found,) = set(re.findall(r"cast\('([0-9a-f]{32})' as string\)", sql))
    assert isinstance(found, str)
    return found


def stub(home: Path, rules: str) -> None:
    """Make tables as an earlier build leaves them, as far as dbt looks at them."""
    for name in ("restricted", "muster"):
        (home / "ci" / f"{name}.duckdb").unlink(missing_ok=True)
    with duckdb.connect() as database:
        for name in ("restricted", "muster"):
            database.execute(f"attach '{home}/ci/{name}.duckdb' as {name}")
        database.execute(INPUTS_MADE)
        database.execute(
            "create schema restricted.staging_ops;"
            "create table restricted.staging_ops.stg_ops__loads as select"
            f" 'L' || unnest(range({LOADS})) as load_id, 'attendance' as source_name"
        )
        database.execute(
            f"insert into {INPUTS} (input_kind, input_id) values ('rules', '{rules}');"
            f"create table {TABLES[SESSIONS]} (attendance_user_id text);"
            f"create table {TABLES[CHANGED]} (is_everything boolean, device_on date);"
            # Times of all deliveries of the test.
            f"insert into {TABLES[CHANGED]}"
            " select false, unnest(range(date '2026-02-28', date '2026-03-12',"
            " interval 1 day));"
            f"create table {TABLES[DAYS]} (employee_key text)"
        )


def run(parsed: Path, home: Path, arguments: Sequence[str]) -> Any:
    """Run dbt in a home, and give its result."""
    target = home / "target"
    return dbt(arguments, target, "ci", project=parsed, MUSTER_HOME=str(home))


def compiled(parsed: Path, home: Path, folder: Path) -> dict[str, str]:
    """Compile the models as they are to be built in a home, into a folder."""
    run(parsed, home, ["compile", "--select", *MODELS])
    folder.mkdir()
    for model in MODELS:
        (path,) = (home / "target" / "compiled").rglob(f"{model}.sql")
        shutil.copyfile(path, folder / path.name)
    return read(folder)


def read(folder: Path) -> dict[str, str]:
    """The models' SQL in a folder."""
    return {model: (folder / f"{model}.sql").read_text() for model in MODELS}


def warehouse() -> duckdb.DuckDBPyConnection:
    """Databases in memory with the tables that the models read, empty."""
    database = duckdb.connect(config={"threads": 1})
    database.execute("set TimeZone = 'UTC'; attach ':memory:' as restricted")
    database.execute("attach ':memory:' as muster")
    for schema in ("attendance", "frappe_hr", "ops"):
        database.execute(f"create schema restricted.staging_{schema}")
    database.execute("create schema restricted.people")
    database.execute(PARENTS)
    database.execute(INPUTS_MADE)
    return database


def know(
    database: duckdb.DuckDBPyConnection,
    loads: set[int],
    deliveries: Sequence[Delivery],
) -> None:
    """Make the deliveries of some loads known, and no others."""
    database.execute(
        "delete from restricted.staging_attendance.stg_attendance__deliveries;"
        "delete from restricted.staging_ops.stg_ops__loads"
    )
    for number in sorted(loads):
        database.execute(
            "insert into restricted.staging_ops.stg_ops__loads"
            " values (?, 'attendance')",
            [f"L{number}"],
        )
    for line, each in enumerate(deliveries):
        if each.load in loads:
            device_at = FIRST + timedelta(hours=each.hours)
            database.execute(
                "insert into restricted.staging_attendance.stg_attendance__deliveries"
                " values (?, ?, null, 'f', ?, ?, null, null, ?, ?, ?, ?)",
                [
                    *(each.event_id, each.user_id, f"L{each.load}", each.direction),
                    *(line, each.is_clock_ahead, device_at),
                    device_at + timedelta(hours=each.late_hours),
                ],
            )


def place(database: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> None:
    """Say anew who has which user id, and where they are."""
    database.execute(
        "delete from restricted.people.int_identifiers_held;"
        "delete from restricted.people.int_employee_history_derived"
    )
    for each in places:
        moved_on = (FIRST + timedelta(days=each.moves_after_days)).date()
        shared_until = moved_on + timedelta(days=1)
        holders = [
            (f"{each.user_id}0", date(1, 1, 1), date(9999, 12, 31)),
            (f"{each.user_id}0", date(1, 1, 1), moved_on),
            (None, moved_on, shared_until),
            (f"{each.user_id}1", shared_until, date(9999, 12, 31)),
        ]
        for employee_key, *days in ([], holders[:1], holders[1:])[each.people]:
            database.execute(
                "insert into restricted.people.int_identifiers_held"
                " values (?, 'attendance_device_id', ?, ?, ?)",
                [employee_key, each.user_id, *days],
            )
        database.execute(
            "insert into restricted.people.int_employee_history_derived"
            " (employee_key, company_id, branch_id, effective_from, effective_to)"
            " values"
            " ($key, 'C', 'Berlin', date '2026-03-01', $moved_on),"
            " ($key, 'C', 'New York', $moved_on, date '2026-03-09')",
            {"key": f"{each.user_id}0", "moved_on": moved_on},
        )


def build(database: duckdb.DuckDBPyConnection, pairing: Pairing, done: int) -> None:
    """Build what is there anew, as dbt does, or as far as it comes."""
    is_built = is_there(database, TABLES[SESSIONS])
    made = pairing.changed if is_built else pairing.whole
    for model in (STAYS, CHANGED):
        database.execute(f"create or replace table {TABLES[model]} as {made[model]}")
    everything = counted(database, f"{TABLES[CHANGED]} where is_everything")
    hooks = pairing.hooks

    def written(model: str, remove: str) -> str:
        """What writes a model that is built on what was there."""
        table = TABLES[model]
        if everything or not is_there(database, table):
            return f"create or replace table {table} as {pairing.whole[model]}"
        return f"{hooks[remove]}; insert into {table} by name {pairing.changed[model]}"

    steps = [
        f"begin; {written(SESSIONS, 'remove sessions')};"
        f"{hooks['forget sessions']}; {hooks['list sessions']}; commit",
        f"create or replace table {TABLES[DUE]} as {made[DUE]};"
        f"{hooks['list days begun']}",
        f"begin; {written(DAYS, 'remove days')}; commit",
        hooks["forget days"],
        hooks["list days"],
    ]
    for step in steps[:done]:
        database.execute(step)


def is_there(database: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table exists."""
    catalog, _, name = table.split(".")
    return bool(
        counted(
            database,
            f"duckdb_tables() where database_name = '{catalog}'"
            f" and table_name = '{name}'",
        )
    )


def counted(database: duckdb.DuckDBPyConnection, what: str) -> int:
    """How many rows there are."""
    found = database.execute(f"select count(*) from {what}").fetchone()
    assert found is not None
    return int(found[0])


@settings(
    max_examples=trials(25, nightly=100),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deliveries=DELIVERIES, steps=STEPS)
def test_what_is_built_on_what_was_there_equals_what_is_built_from_nothing(
    pairing: Pairing, deliveries: list[Delivery], steps: list[Step]
) -> None:
    last = steps[-1]._replace(done=WHOLE)
    with warehouse() as database, warehouse() as from_nothing:
        for step in [*steps[:-1], last]:
            place(database, step.places)
            know(database, step.loads, deliveries)
            build(database, pairing, step.done)
        place(from_nothing, last.places)
        know(from_nothing, last.loads, deliveries)
        build(from_nothing, pairing, WHOLE)
        for table in (TABLES[SESSIONS], INPUTS, TABLES[DAYS]):
            found, expected = (
                each.execute(f"from {table} order by all").fetchall()
                for each in (database, from_nothing)
            )
            assert found == expected
