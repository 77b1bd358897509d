"""Where an environment keeps its files, and whether they can be used right now."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.carry_over import require_none
from ingestion.errors import IngestionError
from ingestion.log import FOLDER, Log
from operations.errors import OperationError

PROJECT = Path(__file__).resolve().parent.parent
"""The repository: where `dbt_project.yml` lies."""

DEFAULT_HOME = "warehouse"

NAMES = ("dev", "ci", "uat", "prod")
"""The environments that `profiles.yml` knows."""

NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
"""Environment variables by which dbt and dlt report to nobody."""

HOLDER = re.compile(r"held in (?P<program>\S+).*?\(PID (?P<pid>\d+)\)")


@dataclass(frozen=True)
class Environment:
    """The files of one environment.

    Attributes:
        name: One of `NAMES`.
        home: The folder that all environments share, absolute.
    """

    name: str
    home: Path

    @property
    def folder(self) -> Path:
        """The folder of this environment."""
        return self.home / self.name

    @property
    def raw(self) -> Path:
        """Where the log lies."""
        return self.folder / FOLDER

    @property
    def log(self) -> Log:
        """What was loaded."""
        return Log(self.raw)

    @property
    def restricted(self) -> Path:
        """Staging and intermediate models, with what identifies people."""
        return self.folder / "restricted.duckdb"

    @property
    def marts(self) -> Path:
        """The marts, pseudonymous."""
        return self.folder / "muster.duckdb"

    @property
    def published(self) -> Path:
        """What may be shown to everyone, disclosure-controlled."""
        return self.folder / "published.duckdb"

    @property
    def databases(self) -> tuple[Path, ...]:
        """Every database that a build writes."""
        return (self.marts, self.restricted, self.published)

    @property
    def artifacts(self) -> Path:
        """What dbt writes about its runs."""
        return self.folder / "dbt"

    @property
    def docs(self) -> Path:
        """The documentation, one page that needs no server."""
        return self.folder / "docs" / "index.html"

    @property
    def last_build(self) -> Path:
        """The note that the last successful build left."""
        return self.folder / "build.json"


def silence_telemetry() -> None:
    """Turn telemetry off here and in what this starts, unless it was turned on."""
    for name, value in NO_TELEMETRY.items():
        os.environ.setdefault(name, value)


def find(name: str) -> Environment:
    """Find an environment below `MUSTER_HOME`.

    Args:
        name: One of `NAMES`.

    Raises:
        OperationError: There is no environment of that name.
    """
    if name not in NAMES:
        raise OperationError(
            f"There is no environment {name!r}: choose one of {', '.join(NAMES)}.", 2
        )
    home = os.environ.get("MUSTER_HOME") or DEFAULT_HOME
    return Environment(name, Path(home).expanduser().resolve())


def shown(path: Path) -> str:
    """Write a path as a person at the prompt would: relative where it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def connect(path: Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """Open a database, or say in one line why that is impossible.

    Args:
        path: The database's file.
        read_only: Whether to open it without locking out other readers.

    Raises:
        OperationError: Another process holds it, it cannot be written, or it is no
            database.
    """
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise OperationError(explain(str(error), path)) from None


def attach(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    *,
    read_only: bool = True,
) -> None:
    """Attach a database to a connection, or say in one line why that is impossible.

    Args:
        connection: The connection.
        path: The database's file.
        name: What it is called there.
        read_only: Whether it is only read.

    Raises:
        OperationError: It is missing, in use, or no database.
    """
    if not path.is_file():
        raise OperationError(f"There is no database {shown(path)}.")
    place = str(path).replace("'", "''")
    mode = "(read_only)" if read_only else ""
    try:
        connection.execute(f"attach '{place}' as {name} {mode}")
    except duckdb.Error as error:
        raise OperationError(explain(str(error), path)) from None


def explain(message: str, path: Path | None = None) -> str:
    """Turn what DuckDB says about a file into one line with what to do.

    Args:
        message: DuckDB's message.
        path: The file, where it is known.
    """
    place = shown(path) if path else "The database"
    if "Could not set lock on file" in message:
        holder = HOLDER.search(message)
        who = (
            f"process {holder['pid']} ({Path(holder['program']).name})"
            if holder
            else "another process"
        )
        return f"{place} is in use by {who}: wait until it is done, or stop it."
    if "Permission denied" in message:
        return f"{place} may not be read and written by you: change its permissions."
    return f"{place} cannot be opened: {' '.join(message.split())}"


def require_raw(environment: Environment) -> None:
    """Check that something was ingested, and that its files are there.

    Raises:
        OperationError: Nothing was, or a file is missing or has another size.
    """
    try:
        require_none(environment.folder)
    except IngestionError as error:
        raise OperationError(str(error)) from None
    if not environment.log.datasets():
        raise OperationError(
            f"Nothing is ingested yet into {shown(environment.raw)}: run make ingest "
            f"(the demo company) or muster ingest --env {environment.name}."
        )
    for dataset in environment.log.datasets():
        for damage in environment.log.damaged(dataset):
            raise OperationError(str(damage))


def require_writable(environment: Environment) -> None:
    """Check that the marts can be written, before an hour of work says so.

    Raises:
        OperationError: A folder or file may not be written, or is in use.
    """
    if not os.access(environment.folder, os.W_OK):
        raise OperationError(
            f"No permission to write in {shown(environment.folder)}: change its "
            "permissions, or set MUSTER_HOME to a folder of yours."
        )
    for path in environment.databases:
        if path.exists():
            connect(path, read_only=False).close()
