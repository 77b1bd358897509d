"""Small releases for the tests: a log of one load, and a builder that needs no dbt."""

import json
from pathlib import Path
from typing import Any

import duckdb
from log_kit import write_load
from rich.console import Console

from environment import Environment
from ingestion.log import of as log_of
from operations.release import release
from operations.requirements import Matrix, Row
from store.releases import Release

TABLES = ("headcount", "movements", "leavers")

COLUMNS = "employee_key varchar, marker bigint, fte decimal(9, 4)"

PROVEN = Matrix((), (Row("BR-01", "BR-01.1", "a_test", "data test", "pass"),), (), "")

UNPROVEN = Matrix(
    (),
    (Row("BR-01", "BR-01.1", "", "", "no test"),),
    ("BR-01.1 has no test.",),
    "",
)


def make_log(home: Path, name: str = "dev") -> Environment:
    """An environment with one completed load of two employees."""
    environment = Environment(name, home)
    fields = ("name", "employee_number", "first_name", "last_name", "personal_email")
    people = [
        ("HR-EMP-00001", "E0001", "Hazel", "Austin", "hazel@example.org", "A"),
        ("HR-EMP-00002", "E0002", "Bo", "Quill", None, "Austin"),
    ]
    rows = [dict(zip((*fields, "branch"), each, strict=True)) for each in people]
    write_load(log_of(environment.folder), "raw_frappe_hr", {"employees": rows})
    return environment


class Built:
    """A builder of a few rows.

    Args:
        marker: What every row of every table carries.
        columns: Columns of the tables.
        people: Rows as SQL, of `employee_key`.
        statuses: What dbt would say of the tests.
    """

    def __init__(
        self,
        marker: int,
        columns: str = COLUMNS,
        people: str = "values ('k1'), ('k2')",
        statuses: tuple[str, ...] = ("pass",),
    ) -> None:
        self.marker = marker
        self.columns = columns
        self.people = people
        self.statuses = statuses
        self.variables: dict[str, Any] = {}

    def __call__(
        self, candidate: Environment, variables: dict[str, Any], console: Console
    ) -> None:
        """Write the databases and what dbt writes about its run."""
        self.variables = variables
        with duckdb.connect() as marts:
            for path in candidate.databases:
                marts.execute(f"attach '{path}'")
            marts.execute("use muster; create schema if not exists people")
            for table in TABLES:
                marts.execute(
                    f"create or replace table people.{table} ({self.columns})"
                )
                marts.execute(
                    f"insert into people.{table} by name select employee_key, "
                    f"{self.marker} as marker from ({self.people}) as p (employee_key)"
                )
            marts.execute(
                "use restricted; create schema if not exists people; "
                "create or replace table people.int_employees_conformed as "
                "select 'k1' as employee_key, "
                f"'hr|1' as person_id, {self.marker} as marker"
            )
        candidate.artifacts.mkdir()
        results = [
            {"unique_id": f"test.muster.t{number}", "status": status}
            for number, status in enumerate(self.statuses)
        ]
        (candidate.artifacts / "run_results.json").write_text(
            json.dumps({"results": results})
        )


def released(environment: Environment, marker: int, **options: Any) -> Release:
    """Release rows of one marker; `options` as `release` takes them."""
    options.setdefault("builder", Built(marker))
    options.setdefault("gate", lambda candidate: PROVEN)
    options.setdefault("publisher", lambda candidate, audited: None)
    return release.release(environment, **options)


def markers(path: Path) -> set[int]:
    """The markers that a reader of a release's marts sees, in all its tables."""
    with duckdb.connect(str(path), read_only=True) as marts:
        query = " union ".join(f"select marker from people.{table}" for table in TABLES)
        return {int(marker) for (marker,) in marts.execute(query).fetchall()}
