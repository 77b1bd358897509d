"""A demo company with a warehouse of its own, driven as a person would drive it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import demo.company
from environment import RAW

REPOSITORY = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
ENVIRONMENT = "dev"

# The same pseudonyms in every warehouse of the tests, so that rows can be compared.
PSEUDONYM_KEY = "the key of the acceptance tests, worth nothing elsewhere"

TABLES_ONLY = (
    "build",
    "--exclude-resource-type",
    "test",
    "--exclude-resource-type",
    "unit_test",
)


class CommandFailedError(AssertionError):
    """A command of the project ended with an error; its output is the message."""


@dataclass(frozen=True)
class Company:
    """A home folder with the demo company and one environment.

    Attributes:
        home: The `MUSTER_HOME`.
        desk: A folder of the test worker, where dbt finds every home under one name.
            It then parses the project once, not once for each home.
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
        """The environment variables of every command."""
        return {
            **os.environ,
            "MUSTER_HOME": str(self.home),
            "MUSTER_PSEUDONYM_KEY": PSEUDONYM_KEY,
            "DO_NOT_TRACK": "1",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }

    def ingest(self, *sources: str) -> None:
        """Load what is new in the company's systems; `summary` holds what it said."""
        self.summary.write_text(self._run([*INGEST, *sources]))

    def ingest_killed_after(self, seconds: float) -> bool:
        """Start to ingest and kill all of it; whether the kill came before the end."""
        process = subprocess.Popen(  # noqa: S603 - our own command
            INGEST,
            cwd=REPOSITORY,
            env=self.variables(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        if code != 0:
            message = f"muster ingest ended with {code} in a run not yet killed"
            raise CommandFailedError(message)
        return False

    def seconds_to_ingest(self) -> float:
        """How long it takes to load what is new."""
        started = time.monotonic()
        self.ingest()
        return time.monotonic() - started

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
        name = self.desk / "home"
        name.unlink(missing_ok=True)
        name.symlink_to(self.home)
        paths = ["--target-path", str(self.desk / "target")]
        paths += ["--log-path", str(self.desk / "logs")]
        self._run(
            [str(BIN / "dbt"), *arguments, "--target", ENVIRONMENT, *paths],
            MUSTER_HOME=str(name),
        )

    def keep(self, name: str) -> None:
        """Copy the databases built, as they are now, to a folder of the home."""
        kept = self.home / name
        kept.mkdir()
        for database in (self.marts, self.restricted):
            shutil.copyfile(database, kept / database.name)

    def _run(self, command: Sequence[str], **variables: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own commands
            command,
            cwd=REPOSITORY,
            env={**self.variables(), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            shown = " ".join(
                Path(command[0]).name if n == 0 else part
                for n, part in enumerate(command)
            )
            raise CommandFailedError(
                f"{shown} ended with {done.returncode}:\n{done.stdout[-6000:]}"
            )
        return done.stdout


INGEST = [str(BIN / "muster"), "ingest", "--demo", "--env", ENVIRONMENT]


def create(home: Path, desk: Path, seed: int, employees: int, months: int) -> Company:
    """Simulate a demo company in an empty home."""
    demo.company.create(home, seed=seed, employees=employees, months=months)
    return Company(home, desk)
