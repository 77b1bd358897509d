"""A demo company with a warehouse of its own, driven as a person would drive it."""

import multiprocessing
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dbt_kit import REPOSITORY, dbt
from trial_kit import trials
from typer.testing import CliRunner

import demo.company
from environment import RAW, set_inside
from ingestion.log import SOURCES
from operations.cli import app

ENVIRONMENT = "dev"

# The same pseudonyms in every warehouse of the tests, so that rows can be compared.
PSEUDONYM_KEY = "the key of the acceptance tests, worth nothing elsewhere"

SEEDS = trials((1,), nightly=(1, 2, 3))
"""The companies that oracles are asked about."""

TABLES_ONLY = (
    "build",
    "--exclude-resource-type",
    "test",
    "--exclude-resource-type",
    "unit_test",
    "--no-write-json",
)


class CommandFailedError(AssertionError):
    """A command of the project ended with an error; its output is the message."""


@dataclass(frozen=True)
class Company:
    """A home folder with the demo company and one environment.

    Attributes:
        home: The `MUSTER_HOME`.
        desk: A folder of the test worker, in which dbt works on the project that lies
            there as it was parsed.
    """

    home: Path
    desk: Path

    @property
    def ledger(self) -> Path:
        """The folder of the ledger's files."""
        return self.home / "demo" / "ledger"

    @property
    def environment(self) -> Path:
        """The folder of the one environment used."""
        return self.home / ENVIRONMENT

    @property
    def summary(self) -> Path:
        """What the last run of ingestion printed."""
        return self.home / "summary.txt"

    @property
    def inbox(self) -> Path:
        """The folder of the file sources' inboxes."""
        return self.home / "demo" / "inbox"

    @property
    def raw(self) -> Path:
        """What ingestion loaded."""
        return self.environment / RAW

    @property
    def restricted(self) -> Path:
        """The database of staging and intermediate models."""
        return self.environment / "restricted.duckdb"

    @property
    def marts(self) -> Path:
        """The database of the marts."""
        return self.environment / "muster.duckdb"

    @property
    def clock(self) -> datetime:
        """The company's clock, naive UTC."""
        clock = demo.company.load(self.home).clock
        return clock.astimezone(UTC).replace(tzinfo=None)

    @property
    def go_live(self) -> datetime:
        """The instant of the HR system's bulk import, naive UTC."""
        microseconds = demo.company.load(self.home).plan.go_live_at
        return datetime.fromtimestamp(microseconds / 1e6, UTC).replace(tzinfo=None)

    def set_clock(self, instant: datetime) -> None:
        """Move the company's clock; `instant` is naive UTC."""
        demo.company.set_clock(self.home, instant)

    def copy(self, home: Path) -> "Company":
        """The same company in another home; it must not have been ingested from."""
        shutil.copytree(self.home / "demo", home / "demo")
        return Company(home, self.desk)

    def variables(self) -> dict[str, str]:
        """The environment variables of every command, beside those of the tests."""
        return {
            "MUSTER_HOME": str(self.home),
            "MUSTER_PSEUDONYM_KEY": PSEUDONYM_KEY,
            "DO_NOT_TRACK": "1",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }

    def ingest(self, *sources: str) -> None:
        """Load what is new in the company's systems; `summary` holds what it said."""
        with set_inside(**self.variables()):
            done = CliRunner().invoke(app, [*INGEST, *sources])
        if done.exit_code != 0:
            raise CommandFailedError(
                f"muster {' '.join(INGEST)} ended with {done.exit_code}:\n{done.output}"
            ) from done.exception
        self.summary.write_text(done.output)

    def ingest_killed_after(self, seconds: float) -> bool:
        """Load in a process of its own and kill it; whether it had not ended yet."""
        process = FORKS.Process(target=self.ingest)
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
            process.join()
            return True
        if process.exitcode != 0:
            message = f"muster ingest ended with {process.exitcode}, not yet killed"
            raise CommandFailedError(message)
        return False

    def build(self, as_at: datetime | None = None, only: str | None = None) -> None:
        """Build the seeds and models, without their tests.

        Args:
            as_at: The instant whose knowledge is used; naive UTC. None: all that is
                loaded.
            only: dbt's selection of what to build. None: everything.
        """
        given = [] if as_at is None else ["--vars", f"{{as_at: '{as_at}'}}"]
        selected = [] if only is None else ["--select", only]
        self.dbt([*TABLES_ONLY, *selected, *given])

    def dbt(self, arguments: Sequence[str]) -> None:
        """Run dbt on this company's warehouse."""
        target = self.desk / "target"
        dbt(
            arguments,
            target,
            ENVIRONMENT,
            project=self.desk,
            source=REPOSITORY,
            **self.variables(),
        )

    def keep(self, name: str) -> None:
        """Copy the databases built, as they are now, to a folder of the home."""
        kept = self.home / name
        kept.mkdir()
        for database in (self.marts, self.restricted):
            shutil.copyfile(database, kept / database.name)


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["ingestion.destination", *(f"ingestion.{name}.source" for name in SOURCES)]
)

INGEST = ["ingest", "--demo", "--env", ENVIRONMENT]


def create(home: Path, desk: Path, seed: int, employees: int, months: int) -> Company:
    """Simulate a demo company in an empty home."""
    demo.company.create(home, seed=seed, employees=employees, months=months)
    return Company(home, desk)
