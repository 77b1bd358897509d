"""A year of the demo company's days alarms nobody, and a doubled one does."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from dbt_kit import dbt
from monitoring_kit import History
from trial_kit import at_night

from acceptance.company import Company
from ingestion.log import of as log_of

# A fixture may build whole warehouses, on a machine that does other things too. By day
# the models' own tests look at the rule.
pytestmark = [pytest.mark.timeout(1800), at_night]

RIGHT = r"^punches_(\d{4}-\d{2}-\d{2})\.jsonl(\.gz)?$"
"""The name of a day's file; one that was sent again has more behind the date."""

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
