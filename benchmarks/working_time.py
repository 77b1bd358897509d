"""Measure working days of many punches, against one script written by hand.

A log of punches is made in place. `dbt` makes the working days of all of them, and of
one more day, with late punches for ten older ones; a plain SQL script makes the same
rows of the same files at once. `python -m benchmarks.working_time --help`.
"""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import duckdb
from rich.console import Console

from benchmarks.measure import CommandFailedError, Cost, measure
from benchmarks.results import Figure, publish
from ingestion.log import Log
from ingestion.log import of as log_of

REPOSITORY = Path(__file__).resolve().parents[1]
PEOPLE = 25_000
FIRST_DAY = "2023-01-02"
DAYS_A_LOAD = 28
MODELS = (
    "stg_attendance__deliveries",
    "stg_ops__loads",
    "int_attendance_stays_derived",
    "int_inputs_paired",
    "int_punches_changed",
    "int_sessions_paired",
    "int_working_days_due",
    "fct_working_days",
)

MOST_OF_SCRIPT = 1.2
MOST_OF_FULL = 0.02

# What the models read of people: each has an app, in one of two places.
PARENTS = f"""
    create schema people;
    create table people.int_sites_conformed as
    select 1 as source_rank, 'frappe_hr' as source_name, 'Europe/Berlin' as time_zone;
    create table people.int_locations_resolved as
    select * from (
        values ('C', 'Berlin', 'Europe/Berlin'), ('C', 'York', 'America/New_York')
    ) as places (company_id, branch_id, time_zone);
    create table people.int_identifiers_held as
    select md5('E' || person) as employee_key,
        'attendance_device_id' as identifier_kind,
        'app-' || lpad(cast(person as varchar), 6, '0') as identifier,
        date '0001-01-01' as held_from, date '9999-12-31' as held_to
    from range({PEOPLE}) as people (person);
    create table people.int_employee_history_derived as
    select md5('E' || person) as employee_key, 'frappe_hr' as source_name,
        'C' as company_id,
        if(person % 2 = 0, 'Berlin', 'York') as branch_id,
        date '2020-01-01' as effective_from, date '9999-12-31' as effective_to
    from range({PEOPLE}) as people (person);
"""

# In at eight, out and in at noon, out at five; nineteen of twenty days; one punch in
# fifty is delivered again.
PUNCHES = """
    copy (
        with punches as (
            select person, day, number, hash(person, day, number) as luck
            from range({first}, {last}) as days (day),
                range({people}) as people (person), range(4) as numbers (number)
            where hash(person, day) % 20 <> 0 and ({condition})
        ),
        told as (
            select
                substr(md5(cast(luck as varchar)), 1, 18) as event_id,
                'app-' || lpad(cast(person as varchar), 6, '0') as user_id,
                if(number % 2 = 0, 'IN', 'OUT') as type,
                timestamp '{first_day}' + to_days(cast(day as integer)) + to_seconds(
                    cast(3600 * {hours}[number + 1] + luck % 1800 as bigint)
                ) as device_time,
                cast(120 as bigint) as device_time_offset_minutes,
                device_time + to_seconds(cast(luck // 1800 % 120 as bigint))
                    as arrival_time,
                'phone-' || person as device_id,
                md5('f' || day) || md5('g' || day) as _file_sha256,
                'punches_' || day || '.jsonl.gz' as _file_name,
                row_number() over () as _file_line,
                unnest(range(if(luck % 50 = 7, 2, 1))) as copy
            from punches
        )
        select * exclude (copy) from told order by arrival_time
    ) to '{path}' (format parquet, compression zstd)
"""

SCRIPT = f"""
    set threads = 2; set TimeZone = 'UTC';
    create table working_days as
    with people as (
        select 'app-' || lpad(cast(person as varchar), 6, '0') as user_id,
            md5('E' || person) as employee_key,
            if(person % 2 = 0, 'Europe/Berlin', 'America/New_York') as time_zone
        from range({PEOPLE}) as people (person)
    ),
    punches as (
        select trim(user_id) as user_id, type = 'IN' as is_in, device_time,
            max(device_time > arrival_time + interval 5 minute) as is_ahead
        from read_parquet('{{files}}')
        where type in ('IN', 'OUT')
        group by all
    ),
    neighbours as (
        select *, lag(is_in) over by_time as was_in,
            lag(device_time) over by_time as was_at,
            lead(is_in) over by_time as then_in,
            lead(device_time) over by_time as then_at,
            lead(is_ahead) over by_time as then_ahead
        from punches
        window by_time as (partition by user_id order by device_time, is_in)
    ),
    sessions as (
        select *, is_in and not then_in and then_at <= device_time + interval 16 hour
            as is_closed
        from neighbours
        where is_in or not coalesce(
            was_in and device_time <= was_at + interval 16 hour, false
        )
    ),
    hours as (
        select distinct date_trunc('hour', device_time) as began_at
        from read_parquet('{{files}}')
    ),
    local_hours as (
        select time_zone, began_at,
            timezone(time_zone, timezone('UTC', began_at)) as local_at
        from hours
        cross join (values ('Europe/Berlin'), ('America/New_York')) as zones (time_zone)
    ),
    placed as (
        select sessions.*, people.employee_key, people.time_zone,
            coalesce(is_closed, false) as is_whole
        from sessions
        inner join people using (user_id)
    )
    select employee_key, count(*) as sessions,
        cast(sum(if(is_in, 0, 1)) as bigint) as missing_check_ins,
        cast(sum(if(is_in and not is_whole, 1, 0)) as bigint) as missing_check_outs,
        cast(sum(if(is_ahead or (is_whole and then_ahead), 1, 0)) as bigint)
            as clock_ahead_sessions,
        cast(coalesce(
            sum(if(is_whole, datediff('second', device_time, then_at), null)), 0
        ) as bigint) as worked_seconds,
        cast(round(worked_seconds / 3600.0, 4) as decimal(9, 4)) as worked_hours,
        cast(local_at + (device_time - began_at) as date) as worked_on,
        min(if(is_in, device_time, null)) as first_check_in_at,
        max(if(is_in, if(is_whole, then_at, null), device_time)) as last_check_out_at
    from placed
    inner join local_hours
        on placed.time_zone = local_hours.time_zone
        and date_trunc('hour', device_time) = began_at
    group by employee_key, worked_on
"""


def main() -> int:
    """Measure and report; 1 where a step failed or a limit is passed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.working_time", description=__doc__
    )
    parser.add_argument("--punches", type=int, default=100_000_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="among the results")
    given = parser.parse_args()
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            costs = _costs(Path(folder), given, progress)
        except CommandFailedError as error:
            progress.print(str(error), markup=False)
            return 1
    cpu = {name: median(cost.cpu_seconds for cost in costs[name]) for name in costs}
    nothing = cpu["nothing new"]
    of_script = (cpu["Muster"] - nothing) / cpu["SQL by hand"]
    of_full = (cpu["a day more"] - nothing) / (cpu["Muster"] - nothing)
    notes = [
        f"dbt takes {nothing:.1f} s where there is nothing new. Without that, working"
        f" days took {of_script:.2f} times the CPU of the script, and a day more, with"
        f" late punches for ten older days, {of_full:.1%} of that."
    ]
    figures = [
        Figure("working days, of punches", tool, given.punches, costs[tool])
        for tool in ("Muster", "SQL by hand")
    ]
    publish(parser.prog, figures, notes, keep=given.keep)
    return int(of_script > MOST_OF_SCRIPT or of_full > MOST_OF_FULL)


def _costs(
    folder: Path, given: argparse.Namespace, progress: Console
) -> dict[str, list[Cost]]:
    """What everything, nothing new and a day more cost."""
    home = folder / "home"
    environment = home / "dev"
    environment.mkdir(parents=True)
    log = log_of(environment)
    days = days_of(given.punches)
    # In a process of its own: a command is told to have used what this one has used.
    apart = ProcessPoolExecutor(1, get_context("spawn")).submit
    for first in range(0, days, DAYS_A_LOAD):
        progress.print(f"days {first:,} of {days:,}", markup=False)
        apart(deliver, log, first, min(first + DAYS_A_LOAD, days)).result()
    with duckdb.connect(str(environment / "restricted.duckdb")) as database:
        database.execute(PARENTS)

    def dbt(*arguments: str) -> Cost:
        return measure(
            [
                *(str(Path(sys.executable).with_name("dbt")), *arguments, "--quiet"),
                *("--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY)),
                *("--target-path", str(folder / "target"), "--log-path", str(folder)),
            ],
            {
                **os.environ,
                "MUSTER_HOME": str(home),
                "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
                "PYTHONDONTWRITEBYTECODE": "",
            },
        )

    script = folder / "script.sql"
    script.write_text(
        SCRIPT.format(
            files=f"{log.folder}/raw_attendance/punches/*/*.parquet",
        )
    )
    by_hand = folder / "by_hand.duckdb"

    def hand() -> Cost:
        by_hand.unlink(missing_ok=True)
        execute = "import duckdb; duckdb.connect(argv[1]).execute(open(argv[2]).read())"
        return measure(
            [
                *(sys.executable, "-c", f"from sys import argv; {execute}"),
                *(str(by_hand), str(script)),
            ],
            os.environ,
        )

    costs: dict[str, list[Cost]] = {}
    run = ("run", "--select", *MODELS)
    # What dbt knows of the project is kept.
    dbt("parse")
    for _ in range(given.runs):
        progress.print("all: by hand, then by dbt")
        costs.setdefault("SQL by hand", []).append(hand())
        costs.setdefault("Muster", []).append(dbt(*run, "--full-refresh"))
    apart(_compare, environment, by_hand).result()
    costs["nothing new"] = [dbt(*run) for _ in range(3)]
    apart(deliver, log, days, days + 1).result()
    for number in range(10):
        older = max(0, days - 3 - number * days // 12)
        late = ("person % 100 = 0", "[19, 20, 21, 22]")
        apart(deliver, log, older, older + 1, *late).result()
    progress.print("a day more")
    costs["a day more"] = [dbt(*run)]
    hand()
    _compare(environment, by_hand)
    return costs


def days_of(punches: int) -> int:
    """The days in which so many punches are made."""
    return max(1, round(punches / (PEOPLE * 4 * 0.95 * 1.02)))


def deliver(
    log: Log,
    first: int,
    last: int,
    condition: str = "true",
    hours: str = "[8, 12, 13, 17]",
) -> None:
    """Write a load of the punches of some days."""
    with log.write("raw_attendance") as draft, duckdb.connect() as database:
        database.execute(
            PUNCHES.format(
                first=first,
                last=last,
                people=PEOPLE,
                condition=condition,
                hours=hours,
                first_day=FIRST_DAY,
                path=draft.path("punches"),
            )
        )


def _compare(environment: Path, by_hand: Path) -> None:
    """Stop unless both have made the same rows."""
    with duckdb.connect() as database:
        database.execute("set memory_limit = '6GB'")
        for path, name in ((environment / "muster.duckdb", "dbt"), (by_hand, "script")):
            database.execute(f"attach '{path}' as {name} (read_only)")
        made, script = "dbt.working_time.fct_working_days", "script.working_days"
        ((differing, rows),) = database.execute(
            f"select (select count(*) from (from {made} except from {script}))"
            f" + (select count(*) from (from {script} except from {made})),"
            f" (select count(*) from {made}) - (select count(*) from {script})"
        ).fetchall()
    if differing or rows:
        raise CommandFailedError(f"{differing} rows differ, {rows} more by dbt")


if __name__ == "__main__":
    sys.exit(main())
