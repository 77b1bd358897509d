"""A year of the demo company's days alarms nobody, and a doubled one does."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import duckdb
import pytest
from dbt_kit import dbt
from monitoring_kit import History
from rich.console import Console
from trial_kit import at_night

from acceptance.company import Company
from ingestion.log import of as log_of
from operations.monitoring import incidents

# A fixture may build whole warehouses, on a machine that does other things too. By day
# the models' own tests look at the rule.
pytestmark = [pytest.mark.timeout(1800), at_night]

RIGHT = r"^punches_(\d{4}-\d{2}-\d{2})\.jsonl(\.gz)?$"
"""The name of a day's file; one that was sent again has more behind the date."""

QUIET = Console(quiet=True)

VARIABLES = '{"volume_days": 366}'


def days(company: Company) -> Iterator[tuple[datetime, int]]:
    """The days of the company, with how many punches each brought."""
    with duckdb.connect() as connection:
        log_of(company.environment).show(connection, datasets=["raw_attendance"])
        yield from connection.execute(
            "select cast(regexp_extract(_file_name, $right, 1) || ' 06:00:00'"
            " as timestamp), count(*) from raw_attendance.punches"
            " where regexp_matches(_file_name, $right) group by 1 order by 1",
            {"right": RIGHT},
        ).fetchall()


def unusual(history: History, target: Path) -> list[str]:
    """Which days' deliveries are unusual."""
    arguments = ["run", "--select", "+rpt_delivered_volumes", "--vars", VARIABLES]
    place = target / "ops.duckdb"
    place.unlink(missing_ok=True)
    home = str(history.environment.home)
    dbt(arguments, target, "dev", MUSTER_HOME=home, MUSTER_OPS=str(place))
    with duckdb.connect(str(place), read_only=True) as ops:
        assert ops.execute(
            "select count(*) between 300 and 366 from rpt_delivered_volumes"
        ).fetchone() == (True,)
        found = ops.execute(
            "select loaded_on from rpt_delivered_volumes where is_unusual order by 1"
        ).fetchall()
    return [str(loaded_on) for (loaded_on,) in found]


def test_a_year_of_right_days_is_usual(in_one_go: Company, tmp_path: Path) -> None:
    history = History(tmp_path / "home")
    found = [*days(in_one_go)]
    for at, rows in found:
        history.load("attendance", "punches", at, rows)
    history.flush()
    assert unusual(history, tmp_path / "target") == []

    last, rows = found[-1]
    history.load("attendance", "punches", last, rows)
    history.flush()
    assert unusual(history, tmp_path / "target") == [f"{last:%Y-%m-%d}"]


def test_a_year_of_right_days_opens_no_incident(
    in_one_go: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MUSTER_CLOCK", raising=False)
    history, chance = History(tmp_path / "home"), random.Random(1)
    looks = 0
    for _, month in groupby(days(in_one_go), lambda day: day[0].month):
        for at, rows in month:
            history.load("attendance", "punches", at, rows)
            for source in ("ats", "frappe_hr", "fx", "payroll"):
                history.load(source, "rows", at, 1_000 + chance.randrange(100))
            for resource in ("gone_documents", "gone_rows"):
                source = "payroll" if resource == "gone_rows" else "frappe_hr"
                history.load(source, resource, at, 10)
            history.run("ingest", at)
            run_id = history.run("build", at + timedelta(hours=1))
            for number in range(3):
                seconds = 2.0**number * chance.lognormvariate(0, 0.15)
                model = f"model.muster.model_{number}"
                history.node(run_id, model, "success", seconds=seconds)
                history.node(run_id, f"test.muster.test_{number}", "pass", failures=0)
            history.set_aside(run_id, 3)
        history.flush()
        late = (at + timedelta(hours=3)).astimezone()
        found = incidents.incidents(history.environment, QUIET, late, {})
        assert [(each.check_name, each.subject) for each in found] == [], late
        looks += 1
    assert looks >= 12
