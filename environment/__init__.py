"""The environments: where each keeps its files, and what all code stands on.

Beside it lie errors for people, files and their checksums, locks, DuckDB's errors, SQL
and progress. Nothing here knows what is loaded, built or released.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from environment.errors import MusterError

PROJECT = Path(__file__).resolve().parent.parent
"""The repository: where `dbt_project.yml` lies."""

NAMES = ("dev", "ci", "uat", "prod")
"""The environments; `profiles.yml` says how dbt reaches each."""

TARGETS = ("lake", "spark")
"""Where a build may go instead of files, each an output of `profiles.yml`."""

DATABASES = ("muster", "restricted", "published")
"""What a build writes: the marts, pseudonymous; staging and intermediate models, with
what identifies people; and what may be shown to everyone, disclosure-controlled."""

RAW = "raw"
"""The folder of an environment's log."""

NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
"""Environment variables by which dbt and dlt report to nobody."""


@dataclass(frozen=True)
class Environment:
    """The files of one environment.

    Attributes:
        name: One of `NAMES`.
        home: The folder that all environments share, absolute.
        target: What is built: the databases' files, or the output of `profiles.yml`
            that has this name. What a build notes has a folder of that name.
    """

    name: str
    home: Path
    target: str = ""

    @property
    def folder(self) -> Path:
        """The folder of this environment."""
        return self.home / self.name

    @property
    def made(self) -> Path:
        """Where what a build makes lies."""
        return self.folder / self.target

    @property
    def raw(self) -> Path:
        """Where the log lies."""
        return self.folder / RAW

    @property
    def restricted(self) -> Path:
        """Staging and intermediate models, with what identifies people."""
        return self.made / "restricted.duckdb"

    @property
    def marts(self) -> Path:
        """The marts, pseudonymous."""
        return self.made / "muster.duckdb"

    @property
    def published(self) -> Path:
        """What may be shown to everyone, disclosure-controlled."""
        return self.made / "published.duckdb"

    @property
    def databases(self) -> tuple[Path, ...]:
        """Every database that a build writes."""
        return tuple(self.made / f"{name}.duckdb" for name in DATABASES)

    @property
    def artifacts(self) -> Path:
        """What dbt writes about its runs."""
        return self.made / "dbt"

    @property
    def docs(self) -> Path:
        """The documentation, one page that needs no server."""
        return self.made / "docs" / "index.html"

    @property
    def report(self) -> Path:
        """The first page of the site for everybody, which needs no server."""
        return self.made / "report" / "index.html"

    @property
    def last_build(self) -> Path:
        """The note that the last successful build left."""
        return self.made / "build.json"


def silence_telemetry() -> None:
    """Turn telemetry off here and in what this starts, unless it was turned on."""
    for name, value in NO_TELEMETRY.items():
        os.environ.setdefault(name, value)


@contextmanager
def set_inside(**variables: str) -> Iterator[None]:
    """Environment variables that are set inside, and are afterwards as before."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def find(name: str, target: str = "") -> Environment:
    """Find an environment below `MUSTER_HOME`.

    Args:
        name: One of `NAMES`.
        target: Nothing for files, or one of `TARGETS`.

    Raises:
        MusterError: There is no environment of that name, or no such target.
    """
    if target and target not in TARGETS:
        raise MusterError(
            f"There is no target {target!r}: choose {' or '.join(TARGETS)}, or none"
            " for files.",
            2,
        )
    if name not in NAMES:
        raise MusterError(
            f"There is no environment {name!r}: choose one of {', '.join(NAMES)}.", 2
        )
    return Environment(name, home().expanduser().resolve(), target)


def home() -> Path:
    """`MUSTER_HOME`, by default `warehouse` in the working folder, as it is given."""
    return Path(os.environ.get("MUSTER_HOME") or "warehouse")


def company() -> Path:
    """The folder of what the company itself says: `seeds`, `mappings`, `vars.yml`.

    It is `MUSTER_COMPANY`, told from the project's folder, as dbt tells it too; by
    default the demo company's.
    """
    given = os.environ.get("MUSTER_COMPANY") or "demo/company"
    return PROJECT / Path(given).expanduser()


def shown(path: Path) -> str:
    """Write a path as a person at the prompt would: relative where it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
