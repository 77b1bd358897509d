"""Measure a stranger's export of 2.4 million rows: check, ingest and build.

Of 300,000 people eight years are told: once by a file for each year's end, once by
effective-dated rows. `python -m benchmarks.onboarding --help`.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import duckdb
from rich.console import Console

from benchmarks.measure import MUSTER, CommandFailedError, Cost, compiled, measure
from benchmarks.results import Figure, publish
from environment import set_inside
from operations.build.inside.company import tell_dbt

REPOSITORY = Path(__file__).resolve().parents[1]
MARTS = ("rpt_headcount_monthly", "rpt_movements_monthly", "rpt_turnover_monthly")
YEARS, FIRST_YEAR = 8, 2018

MOST_SECONDS, MOST_MEGABYTES = 120, 2048
"""What all of it may take on two cores, for each shape."""

# Of twelve one leaves in a year and is followed by another; of five one moves.
PEOPLE = f"""
    create table people as
    with marked as (
        select person, year, hash(person, year) as luck,
            year > {FIRST_YEAR} and luck % 12 = 0 as is_new,
            is_new or year = {FIRST_YEAR} or luck % 5 = 0 as has_moved,
            make_date(year, 1, 1) + cast(luck % 365 as integer) as since_on
        from range({{people}}) as people (person),
            range({FIRST_YEAR}, {FIRST_YEAR + YEARS}) as years (year)
    ),
    told as (
        select *,
            1000000 * count(*) filter (where is_new) over until_now + person as number,
            max(if(has_moved, year, null)) over until_now as moved_in
        from marked
        window until_now as (partition by person order by year)
    )
    select
        year,
        number,
        'E' || lpad(cast(number as varchar), 8, '0') as employee_id,
        if(hash(number) % 2 = 0, 'F', 'M') as gender,
        date '1960-01-01' + cast(hash(number, 1) % 14000 as integer) as birth_date,
        if(number < 1000000, date '2005-01-01' + cast(hash(number) % 4000 as integer),
            min(since_on) over (partition by number)) as hire_date,
        'Department ' || hash(number, moved_in) % 400 as department,
        'Title ' || (hash(number, moved_in) % 400 * 5 + hash(number) % 5) % 900
            as job_title,
        'Place ' || hash(number, moved_in) % 400 % 30 as location,
        if(hash(number, moved_in, 2) % 5 = 0, 20, 40) as weekly_hours,
        30000 + hash(number) % 60000 + 900 * (year - {FIRST_YEAR}) as annual_salary,
        if(year = min(year) over of_person, hire_date, since_on) as effective_from,
        lead(since_on) over (partition by person order by year) as effective_to,
        year = max(year) over of_person and year < {FIRST_YEAR + YEARS - 1} as is_last
    from told
    window of_person as (partition by number)
"""
OF_A_PERSON = "employee_id, gender, birth_date, hire_date"
OF_A_TIME = "department, job_title, location, weekly_hours, annual_salary"
EXPORTS = {
    "snapshots": {
        f"staff_{year}-12-31": f"select {OF_A_PERSON}, {OF_A_TIME} from people"
        f" where year = {year}"
        for year in range(FIRST_YEAR, FIRST_YEAR + YEARS)
    },
    "history": {
        "people": f"select {OF_A_PERSON},"
        " max(if(is_last, effective_to, null)) as termination_date"
        " from people group by all",
        "jobs": f"select employee_id, {OF_A_TIME}, effective_from, effective_to"
        " from people",
    },
}
"""By shape, the files and what is in each."""


def main() -> int:
    """Measure and report; 1 where a step failed or a limit is passed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.onboarding", description=__doc__
    )
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--shapes", nargs="+", choices=EXPORTS, default=list(EXPORTS))
    parser.add_argument("--folder", type=Path, help="kept; otherwise a temporary one")
    parser.add_argument("--keep", action="store_true", help="among the results")
    given = parser.parse_args()
    figures, notes, is_over = [], [], False
    for shape in given.shapes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = given.folder / shape if given.folder else Path(temporary)
            try:
                costs = _costs(folder, shape, given.people)
            except CommandFailedError as error:
                Console(stderr=True).print(str(error), markup=False)
                return 1
        rows = given.people * YEARS
        figures += [
            Figure(f"{shape}: {step}", "Muster", rows, [cost])
            for step, cost in costs.items()
        ]
        wall = sum(cost.wall_seconds for cost in costs.values())
        peak = max(cost.peak_megabytes for cost in costs.values())
        is_over |= wall > MOST_SECONDS or peak > MOST_MEGABYTES
        notes.append(
            f"Of {shape} all of it took {wall:.0f} s by the clock, beside what else"
            f" the machine did; the aim is {MOST_SECONDS} s and {MOST_MEGABYTES:,} MB."
        )
    publish(parser.prog, figures, notes, keep=given.keep)
    return int(is_over)


def _costs(folder: Path, shape: str, people: int) -> dict[str, Cost]:
    """What each step takes, from the mapping's proposal on."""
    company, home = folder / "company", folder / "home"
    inbox = home / "dev" / "inbox" / "stranger"
    inbox.mkdir(parents=True)
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as database:
        database.execute(PEOPLE.format(people=people))
        for name, query in EXPORTS[shape].items():
            database.execute(f"copy ({query}) to '{inbox / name}.csv' (format csv)")
    environment = {
        **os.environ,
        **compiled(folder),
        "MUSTER_HOME": str(home),
        "MUSTER_COMPANY": str(company),
        "SOURCES__GRACE_SECONDS": "0",
    }
    say = ("company=Stranger", "country=DE", "time_zone=Europe/Berlin", "currency=EUR")
    onboard = [*MUSTER, "onboard", "stranger", str(inbox)]
    measure([*onboard, *(w for each in say for w in ("--say", each))], environment)
    with set_inside(**environment):
        tell_dbt(REPOSITORY)
        environment["MUSTER_SEEDS"] = os.environ["MUSTER_SEEDS"]
    dbt = [
        *(str(Path(sys.executable).with_name("dbt")), "--quiet"),
        *("--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY)),
        *("--target-path", str(folder / "target"), "--log-path", str(folder)),
    ]
    # What dbt knows of the project is kept.
    measure([dbt[0], "parse", *dbt[1:]], environment)
    selected = ["--select", *(f"+{mart}" for mart in MARTS)]
    only = ["--exclude-resource-type", "test", "unit_test"]
    steps = {
        "check": [*MUSTER, "check", "stranger", str(inbox)],
        "ingest": [*MUSTER, "ingest", "stranger"],
        "build": [dbt[0], "build", *dbt[1:], *selected, *only],
    }
    costs = {}
    for name, command in steps.items():
        Console(stderr=True).print(f"{shape}: {name}", markup=False)
        costs[name] = measure(command, environment)
    return costs


if __name__ == "__main__":
    sys.exit(main())
