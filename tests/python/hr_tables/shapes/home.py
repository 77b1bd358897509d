"""A home whose people come by exports alone, or first by them and then by an HRIS."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from acceptance.company import ENVIRONMENT, TABLES_ONLY, CommandFailedError, Company
from acceptance.company import create as create_demo
from typer.testing import CliRunner

from environment import PROJECT, set_inside
from ingestion.hr_tables import shown
from ingestion.log import Log
from operations.cli import app
from shapes import truth
from shapes.truth import FIRST_MONTH, PLAN, Truth

MAPPINGS = Path(__file__).parent / "mappings"

MARTS = (
    "+rpt_headcount_monthly",
    "+rpt_movements_monthly",
    "+rpt_turnover_monthly",
    "+dim_employee",
    "+rpt_system_handovers",
)
"""What the tests read, with all that it is made of."""


@dataclass(frozen=True)
class Stranger(Company):
    """A company that has a folder of its own, with mappings."""

    @property
    def folder(self) -> Path:
        """What the company itself says: its mappings and its seeds."""
        return self.home / "company"

    @property
    def inboxes(self) -> Path:
        """The folder of the inboxes of its mappings."""
        return self.environment / "inbox"

    @property
    def database(self) -> str:
        """The URL of its HR system's database."""
        return f"sqlite:///{self.home / 'hr.sqlite'}"

    def variables(self) -> dict[str, str]:
        """The environment variables of every command, beside those of the tests."""
        return super().variables() | {
            "MUSTER_COMPANY": str(self.folder),
            "MUSTER_CLOCK": f"{truth.AS_AT.isoformat()}Z",
            "SOURCES__GRACE_SECONDS": "0",
            "SOURCES__DATABASE__CREDENTIALS": self.database,
        }

    def say(self, *mappings: str) -> None:
        """Give it its mappings, and the seeds of the demo company."""
        folder = self.folder / "mappings"
        folder.mkdir(parents=True)
        for name in mappings:
            shutil.copy(MAPPINGS / f"{name}.yml", folder)
        shutil.copytree(PROJECT / "demo/company/seeds", self.folder / "seeds")

    def load(self, *mappings: str) -> None:
        """Load what is new in its own systems."""
        with set_inside(**self.variables()):
            arguments = ["ingest", "--env", ENVIRONMENT, *mappings]
            done = CliRunner().invoke(app, arguments)
        if done.exit_code != 0:
            raise CommandFailedError(
                f"muster {' '.join(arguments)} ended with {done.exit_code}:\n"
                f"{done.output}"
            ) from done.exception

    def contract(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the contract's views, in which raw is by its names."""
        with set_inside(**self.variables()), duckdb.connect() as connection:
            log = Log(self.raw)
            log.attach(connection)
            shown.show(log, connection, "raw")
            connection.execute(f"use raw.{shown.SCHEMA}")
            return connection.execute(query).fetchall()

    def build_marts(self) -> None:
        """Build what the tests read; reports begin where the truth does."""
        given = json.dumps({"history_starts_on": FIRST_MONTH.isoformat()})
        selected = ["--select", *MARTS]
        self.dbt([*TABLES_ONLY, *selected, "--vars", given])


def create(home: Path, desk: Path) -> tuple[Stranger, Truth]:
    """Simulate the demo company in an empty home, and read its truth."""
    create_demo(home, desk, PLAN.seed, PLAN.employees, PLAN.months)
    stranger = Stranger(home, desk)
    return stranger, truth.read(stranger.ledger)
